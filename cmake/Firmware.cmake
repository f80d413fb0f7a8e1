# awnas_firmware(<board>): <build>/awnas-<board>.elf from common, proto with nanopb's sources, the runtime,
# one kernel set and boards/<board>, whose board.cmake says with which flags.
include(NanopbGenerate)

set(AWT_FAULT_KERNEL "" CACHE STRING
    "For tests only: op whose kernel shall be wrong, such as AW_OP_DWCONV2D")
set(AWT_FAULT_KIND "" CACHE STRING
    "For tests only: what is wrong with it: AWT_FAULT_WRONG (default), AWT_FAULT_HANG or AWT_FAULT_CRASH")
set(AWT_WATCHDOG_MS "" CACHE STRING "Override of target/config.h")

function(awnas_firmware board)
  set(dir "${CMAKE_SOURCE_DIR}/boards/${board}")
  if(NOT EXISTS "${dir}/board.cmake")
    file(GLOB known RELATIVE "${CMAKE_SOURCE_DIR}/boards" "${CMAKE_SOURCE_DIR}/boards/*/board.cmake")
    string(REPLACE "/board.cmake" "" known "${known}")
    message(FATAL_ERROR "AWNAS_BOARD: there is no firmware for '${board}'; boards with one: ${known}")
  endif()
  include("${dir}/board.cmake")
  if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL AWB_PROCESSOR OR NOT CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "AWNAS_BOARD=${board} needs -DCMAKE_TOOLCHAIN_FILE=${AWB_TOOLCHAIN} "
                        "(preset fw-${board}; Debian package ${AWB_PACKAGE})")
  endif()
  if(NOT IS_DIRECTORY "${CMAKE_SOURCE_DIR}/target/kernels/${AWB_KERNELS}")
    message(FATAL_ERROR "${dir}/board.cmake: AWB_KERNELS: target/kernels/${AWB_KERNELS} does not exist")
  endif()

  # What applies to all code, nanopb's included.
  set(CMAKE_C_STANDARD 11)
  set(flags ${AWB_FLAGS} -ffreestanding -O2 -g -fno-pic -fno-common -fno-stack-protector
      -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
      "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" "-ffile-prefix-map=${CMAKE_BINARY_DIR}/=")
  # These concern two files; the others need not be compiled anew for them.
  set(overrides "")
  foreach(knob AWT_FAULT_KERNEL AWT_FAULT_KIND AWT_WATCHDOG_MS)
    if(${knob})
      list(APPEND overrides "${knob}=${${knob}}")
    endif()
  endforeach()
  set_source_files_properties("${CMAKE_SOURCE_DIR}/target/src/runner.c" "${CMAKE_SOURCE_DIR}/target/src/session.c"
                              PROPERTIES COMPILE_DEFINITIONS "${overrides}")

  awnas_nanopb_sources(nanopb_dir)
  awnas_nanopb_generate(pb_sources pb_dir)
  set(nanopb_sources "${nanopb_dir}/pb_common.c" "${nanopb_dir}/pb_encode.c" "${nanopb_dir}/pb_decode.c")
  add_library(fw_nanopb OBJECT ${nanopb_sources} ${pb_sources})
  target_include_directories(fw_nanopb SYSTEM PUBLIC "${nanopb_dir}" "${pb_dir}")
  target_compile_options(fw_nanopb PRIVATE ${flags} -w)

  set(root "${CMAKE_SOURCE_DIR}")
  awnas_firmware_sources(core "${root}/common/src" "${root}/proto" "${root}/target/src"
                         "${root}/target/engines")
  # The references are what runs where the kernel set has nothing better.
  awnas_firmware_sources(kernels "${root}/common/ops" "${root}/target/kernels/${AWB_KERNELS}")
  file(GLOB find CONFIGURE_DEPENDS "${root}/target/kernels/*.c")
  list(TRANSFORM AWB_SOURCES PREPEND "${dir}/" OUTPUT_VARIABLE board_sources)
  set(includes "${root}/common/include" "${root}/common/ops" "${root}/proto" "${root}/target/include"
      "${root}/target" "${root}/target/src" "${dir}")

  set(id_header "${CMAKE_BINARY_DIR}/firmware_id.h")
  awnas_firmware_id("${id_header}" "${flags};${overrides}" ${core} ${kernels} ${find} ${board_sources} ${nanopb_sources})
  # Only the file that tells the id is compiled again when another one changes.
  set_source_files_properties("${root}/target/src/session.c" PROPERTIES
    COMPILE_OPTIONS "-include;${id_header}" OBJECT_DEPENDS "${id_header}")

  add_library(fw_core OBJECT ${core} ${find})
  target_compile_options(fw_core PRIVATE ${flags})
  add_library(fw_kernels OBJECT ${kernels})
  target_compile_options(fw_kernels PRIVATE ${flags} -O3)
  foreach(part fw_core fw_kernels)
    target_include_directories(${part} PRIVATE ${includes})
    target_link_libraries(${part} PRIVATE fw_nanopb)
  endforeach()
  add_dependencies(fw_core fw_nanopb) # awnas.pb.h is generated

  set(link_script "${CMAKE_BINARY_DIR}/${board}.ld")
  add_custom_command(
    OUTPUT "${link_script}"
    COMMAND "${CMAKE_C_COMPILER}" -E -P -x assembler-with-cpp -I "${dir}" -MD -MF "${link_script}.d"
            -MT "${link_script}" "${dir}/${AWB_LINK_SCRIPT}" -o "${link_script}"
    DEPENDS "${dir}/${AWB_LINK_SCRIPT}"
    DEPFILE "${link_script}.d"
    COMMENT "Link script of ${board}"
    VERBATIM)

  set(image "awnas-${board}")
  add_executable(${image} ${board_sources} "${link_script}"
    $<TARGET_OBJECTS:fw_core> $<TARGET_OBJECTS:fw_kernels> $<TARGET_OBJECTS:fw_nanopb>)
  # A string function must not be compiled into a call of itself.
  target_compile_options(${image} PRIVATE ${flags} -fno-tree-loop-distribute-patterns)
  target_include_directories(${image} PRIVATE ${includes})
  target_link_options(${image} PRIVATE ${AWB_FLAGS} -nostdlib -static -no-pie "-Wl,-T,${link_script}"
    -Wl,--gc-sections -Wl,--build-id=none -Wl,--orphan-handling=error -Wl,--fatal-warnings
    "-Wl,-Map,${CMAKE_BINARY_DIR}/${image}.map")
  target_link_libraries(${image} PRIVATE gcc)
  set_target_properties(${image} PROPERTIES SUFFIX .elf LINK_DEPENDS "${link_script}"
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
  install(FILES "${CMAKE_BINARY_DIR}/awnas-${board}.elf" DESTINATION share/awnas-hw/firmware)
endfunction()

# All .c below the folders, tests apart.
function(awnas_firmware_sources out)
  set(found "")
  foreach(dir IN LISTS ARGN)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dir}/*.c")
    list(APPEND found ${sources})
  endforeach()
  list(FILTER found EXCLUDE REGEX "_test\\.c$")
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# nanopb's C sources: the user's copy, or Debian's source package.
function(awnas_nanopb_sources out)
  set(dir "${NANOPB_SRC_ROOT_FOLDER}")
  if(NOT dir)
    set(dir "${CMAKE_BINARY_DIR}/nanopb")
    execute_process(COMMAND "${CMAKE_SOURCE_DIR}/scripts/fetch-nanopb" "${dir}" RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "nanopb's sources could not be fetched (the reason is above); "
                          "-DNANOPB_SRC_ROOT_FOLDER=DIR names a copy of nanopb 0.4.7")
    endif()
  endif()
  foreach(file pb.h pb_common.c pb_encode.c pb_decode.c)
    if(NOT EXISTS "${dir}/${file}")
      message(FATAL_ERROR "NANOPB_SRC_ROOT_FOLDER: ${dir}/${file} does not exist; expected nanopb 0.4.7")
    endif()
  endforeach()
  set(${out} "${dir}" PARENT_SCOPE)
endfunction()

# A header with AWT_FIRMWARE_ID, made anew whenever a source changes.
function(awnas_firmware_id header flags)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/common/*.h" "${CMAKE_SOURCE_DIR}/common/*.def" "${CMAKE_SOURCE_DIR}/proto/*.h"
    "${CMAKE_SOURCE_DIR}/target/*.h" "${CMAKE_SOURCE_DIR}/boards/${board}/*.h"
    "${CMAKE_SOURCE_DIR}/boards/${board}/*.ld")
  set(sources ${ARGN} ${headers} "${CMAKE_SOURCE_DIR}/proto/awnas.proto"
      "${CMAKE_SOURCE_DIR}/proto/awnas.options")
  list(REMOVE_DUPLICATES sources)
  list(SORT sources)
  set(list "${CMAKE_BINARY_DIR}/firmware_sources.txt")
  string(REPLACE ";" "\n" lines "${sources}")
  file(CONFIGURE OUTPUT "${list}" CONTENT "${lines}\n" @ONLY)
  # Without the folders, so that the same sources give the same id wherever they are built.
  list(FILTER flags EXCLUDE REGEX "prefix-map")
  string(REPLACE ";" " " flags "${CMAKE_C_COMPILER_VERSION} ${flags}")
  add_custom_command(
    OUTPUT "${header}"
    COMMAND "${CMAKE_COMMAND}" -D "VERSION=${PROJECT_VERSION}" -D "ROOT=${CMAKE_SOURCE_DIR}" -D "LIST=${list}"
            -D "FLAGS=${flags}" -D "OUT=${header}" -P "${CMAKE_SOURCE_DIR}/cmake/FirmwareId.cmake"
    DEPENDS ${sources} "${list}" "${CMAKE_SOURCE_DIR}/cmake/FirmwareId.cmake"
    COMMENT "Firmware id"
    VERBATIM)
endfunction()
