# awnas_firmware(<board>): <build>/awnas-<board>.elf from common, proto with nanopb's sources, the runtime,
# one kernel set and boards/<board>, whose board.cmake says with which flags.

set(AWB_ALIGN_CHECK "" CACHE STRING
    "For tests only: ON faults on every unaligned access, as Device memory would; PROOF lets the compiler make some")
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
  set(AWB_OPTIMISE -O2)
  set(AWB_INCLUDES "")
  set(AWB_ALIGN_FLAGS "")   # let the compiler make no unaligned access
  set(AWB_UNALIGN_FLAGS "") # the opposite
  set(AWB_ALIGN_KERNEL_FLAGS "") # for kernels under AWB_ALIGN_CHECK
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
  set(flags ${AWB_FLAGS} -ffreestanding ${AWB_OPTIMISE} -g -fno-pic -fno-common -fno-stack-protector
      -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections
      "-DPB_SYSTEM_HEADER=\"pb_system.h\""
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

  # For `awnas-hw size`: each function's stack and whom it calls, beside its object. (Compiler caches do not
  # keep what is beside an object.)
  set(CMAKE_C_COMPILER_LAUNCHER "")
  list(APPEND flags -fcallgraph-info=su)

  # Only what is timed, kernels and string functions, uses the unaligned accesses of Normal memory. All
  # else is compiled without, so that the check runs the very code of the product: but for the kernels,
  # which then load vectors byte by byte (ld1 of bytes has no alignment).
  set(fast_flags ${flags})
  set(string_flags ${AWB_UNALIGN_FLAGS})
  if(NOT AWB_ALIGN_CHECK STREQUAL PROOF)
    list(APPEND flags ${AWB_ALIGN_FLAGS})
  endif()
  if(AWB_ALIGN_CHECK)
    list(APPEND flags -DAWB_ALIGN_CHECK)
    list(APPEND fast_flags -DAWB_ALIGN_CHECK)
    if(NOT AWB_ALIGN_CHECK STREQUAL PROOF)
      list(APPEND fast_flags ${AWB_ALIGN_KERNEL_FLAGS})
      set(string_flags "")
    endif()
  endif()
  awnas_nanopb_sources(nanopb_dir)
  set(nanopb_sources "${nanopb_dir}/pb_common.c" "${nanopb_dir}/pb_encode.c" "${nanopb_dir}/pb_decode.c")
  add_library(fw_nanopb OBJECT ${nanopb_sources})
  target_include_directories(fw_nanopb SYSTEM PUBLIC "${nanopb_dir}")
  target_include_directories(fw_nanopb PRIVATE "${CMAKE_SOURCE_DIR}/boards/common"
                             "${CMAKE_SOURCE_DIR}/common/include")
  target_compile_options(fw_nanopb PRIVATE ${flags} -w)
  # Messages lie in buffers whole; what is wrong with one is not told.
  target_compile_definitions(fw_nanopb PUBLIC PB_BUFFER_ONLY PB_NO_ERRMSG)

  set(root "${CMAKE_SOURCE_DIR}")
  set(net_objects "")
  if(AWB_NET)
    awnas_firmware_net("${flags}" net_sources net_objects)
  endif()
  awnas_firmware_sources(core "${root}/common/src" "${root}/proto" "${root}/target/src"
                         "${root}/target/engines")
  # The references are what runs where the kernel set has nothing better.
  awnas_firmware_sources(kernels "${root}/common/ops" "${root}/target/kernels/${AWB_KERNELS}")
  file(GLOB find CONFIGURE_DEPENDS "${root}/target/kernels/*.c")
  # Its order of weights, if it has one of its own.
  file(GLOB packing CONFIGURE_DEPENDS "${root}/common/packings/${AWB_KERNELS}.c")
  list(APPEND find ${packing})
  list(TRANSFORM AWB_SOURCES PREPEND "${dir}/" OUTPUT_VARIABLE board_sources)
  set(includes "${root}/common/include" "${root}/common/ops" "${root}/common/packings" "${root}/proto"
      "${root}/target/include" "${root}/target" "${root}/target/src" "${dir}" "${root}/boards/common")
  foreach(include IN LISTS AWB_INCLUDES)
    list(APPEND includes "${dir}/${include}")
  endforeach()

  set(id_header "${CMAKE_BINARY_DIR}/firmware_id.h")
  awnas_firmware_id("${id_header}" "${flags};${overrides}" ${core} ${kernels} ${find} ${board_sources} ${nanopb_sources} ${net_sources})
  # Only the file that tells the id is compiled again when another one changes.
  set_source_files_properties("${root}/target/src/session.c" PROPERTIES
    COMPILE_OPTIONS "-include;${id_header}" OBJECT_DEPENDS "${id_header}")

  add_library(fw_core OBJECT ${core} ${find})
  target_compile_options(fw_core PRIVATE ${flags})
  # The key goes into a header, and so neither into command lines nor into the build's id.
  if(AWT_KEY_FILE)
    awnas_key_header("${CMAKE_BINARY_DIR}/key.h")
    set_source_files_properties("${root}/target/src/main.c" PROPERTIES
      COMPILE_OPTIONS "-include;${CMAKE_BINARY_DIR}/key.h" OBJECT_DEPENDS "${CMAKE_BINARY_DIR}/key.h")
  endif()
  add_library(fw_kernels OBJECT ${kernels})
  target_compile_options(fw_kernels PRIVATE ${fast_flags} -O3)
  foreach(part fw_core fw_kernels)
    target_include_directories(${part} PRIVATE ${includes})
    target_link_libraries(${part} PRIVATE fw_nanopb)
  endforeach()

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
    $<TARGET_OBJECTS:fw_core> $<TARGET_OBJECTS:fw_kernels> $<TARGET_OBJECTS:fw_nanopb> ${net_objects})
  # A string function must not be compiled into a call of itself.
  target_compile_options(${image} PRIVATE ${flags} -fno-tree-loop-distribute-patterns)
  set_source_files_properties("${root}/boards/common/string.c" "${dir}/../common/string.c"
                              PROPERTIES COMPILE_OPTIONS "${string_flags}")
  target_include_directories(${image} PRIVATE ${includes})
  target_link_options(${image} PRIVATE ${AWB_FLAGS} -nostdlib -static -no-pie "-Wl,-T,${link_script}"
    -Wl,--gc-sections -Wl,--build-id=none -Wl,--orphan-handling=error -Wl,--fatal-warnings
    "-Wl,-Map,${CMAKE_BINARY_DIR}/${image}.map")
  target_link_libraries(${image} PRIVATE gcc)
  set_target_properties(${image} PROPERTIES SUFFIX .elf LINK_DEPENDS "${link_script}"
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
  install(FILES "${CMAKE_BINARY_DIR}/awnas-${board}.elf" DESTINATION share/awnas-hw/firmware)
endfunction()

# The key that hosts must have: a file of 32 hexadecimal digits, as `awnas-hw ... --key-file` reads it.
set(AWT_KEY_FILE "" CACHE FILEPATH "Key of the board for hosts on its network; empty: everybody may use it")
function(awnas_key_header header)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${AWT_KEY_FILE}")
  if(NOT EXISTS "${AWT_KEY_FILE}")
    message(FATAL_ERROR "AWT_KEY_FILE: ${AWT_KEY_FILE} does not exist")
  endif()
  file(READ "${AWT_KEY_FILE}" key)
  string(STRIP "${key}" key)
  string(LENGTH "${key}" digits)
  if(NOT digits EQUAL 32 OR NOT key MATCHES "^[0-9A-Fa-f]+$")
    message(FATAL_ERROR "AWT_KEY_FILE: ${AWT_KEY_FILE}: expected 32 hexadecimal digits")
  endif()
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${key}")
  file(WRITE "${header}" "#define AWT_KEY ${bytes}\n")
  file(CHMOD "${header}" PERMISSIONS OWNER_READ OWNER_WRITE)
endfunction()

# lwIP and the runtime's TCP over it. A build may say where the board lives on its network.
set(AWB_NET_ADDRESS "" CACHE STRING "IPv4 address of the board and bits of its network, such as 192.168.1.10/24")
set(AWB_NET_GATEWAY "" CACHE STRING "IPv4 address of the router")
set(AWB_NET_MAC "" CACHE STRING "MAC address of the board, such as 02:00:00:00:00:01")
set(AWB_NET_PORT "" CACHE STRING "TCP port that the board listens on (7000)")
option(AWB_NET_DHCP "Ask the network for an address" OFF)
set(LWIP_DIR "" CACHE PATH "lwIP 2.1.3 sources for firmware builds; empty: scripts/fetch-source gets Debian's")

function(awnas_net_bytes out option separator radix count)
  string(REPLACE "${separator}" ";" parts "${${option}}")
  set(digits "[0-9]+")
  if(radix EQUAL 16)
    set(digits "[0-9A-Fa-f][0-9A-Fa-f]")
  endif()
  list(LENGTH parts found)
  list(JOIN parts "," joined)
  if(NOT found EQUAL count OR NOT joined MATCHES "^(${digits},)*${digits}$")
    message(FATAL_ERROR "${option}: '${${option}}': expected ${count} numbers with '${separator}' between them")
  endif()
  if(radix EQUAL 16)
    list(TRANSFORM parts PREPEND 0x)
  endif()
  foreach(part IN LISTS parts)
    if(part GREATER 255)
      message(FATAL_ERROR "${option}: '${part}' is above 255")
    endif()
  endforeach()
  list(JOIN parts "," joined)
  set(${out} "${joined}" PARENT_SCOPE)
endfunction()

function(awnas_net_flags out)
  set(flags "")
  if(AWB_NET_ADDRESS)
    if(NOT AWB_NET_ADDRESS MATCHES "^([0-9.]+)/([0-9]+)$" OR CMAKE_MATCH_2 GREATER 32)
      message(FATAL_ERROR "AWB_NET_ADDRESS: '${AWB_NET_ADDRESS}': expected ADDRESS/BITS, such as 192.168.1.10/24")
    endif()
    set(AWB_NET_ADDRESS "${CMAKE_MATCH_1}")
    set(bits "${CMAKE_MATCH_2}")
    awnas_net_bytes(address AWB_NET_ADDRESS . 10 4)
    list(APPEND flags "-DAWT_NET_ADDRESS=${address}" "-DAWT_NET_PREFIX=${bits}")
  endif()
  if(AWB_NET_GATEWAY)
    awnas_net_bytes(gateway AWB_NET_GATEWAY . 10 4)
    list(APPEND flags "-DAWT_NET_GATEWAY=${gateway}")
  endif()
  if(AWB_NET_MAC)
    awnas_net_bytes(mac AWB_NET_MAC : 16 6)
    list(APPEND flags "-DAWT_NET_MAC=${mac}")
  endif()
  if(AWB_NET_PORT)
    list(APPEND flags "-DAWT_NET_PORT=${AWB_NET_PORT}")
  endif()
  if(AWB_NET_DHCP)
    list(APPEND flags -DAWT_NET_DHCP=1)
  endif()
  set(${out} "${flags}" PARENT_SCOPE)
endfunction()

function(awnas_firmware_net flags out_sources out_objects)
  awnas_fetched_sources(lwip lwip LWIP_DIR "lwIP 2.1.3")
  if(NOT EXISTS "${lwip}/src/core/tcp.c")
    message(FATAL_ERROR "LWIP_DIR: ${lwip}/src/core/tcp.c does not exist; expected lwIP 2.1.3")
  endif()
  file(GLOB sources "${lwip}/src/core/*.c" "${lwip}/src/core/ipv4/*.c")
  list(APPEND sources "${lwip}/src/netif/ethernet.c")
  awnas_firmware_sources(glue "${CMAKE_SOURCE_DIR}/target/net")
  awnas_net_flags(net_flags)
  set(root "${CMAKE_SOURCE_DIR}")
  add_library(fw_lwip OBJECT ${sources})
  add_library(fw_net OBJECT ${glue})
  foreach(part fw_lwip fw_net)
    target_include_directories(${part} SYSTEM PRIVATE "${lwip}/src/include" "${root}/target/net/lwip")
    target_include_directories(${part} PRIVATE "${root}/common/include" "${root}/target/include" "${root}/target"
                               "${root}/proto" "${dir}")
    target_compile_options(${part} PRIVATE ${flags} ${net_flags})
  endforeach()
  target_compile_options(fw_lwip PRIVATE -w)
  set(${out_sources} ${sources} ${glue} PARENT_SCOPE)
  set(${out_objects} $<TARGET_OBJECTS:fw_lwip> $<TARGET_OBJECTS:fw_net> PARENT_SCOPE)
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

# Where the sources of a package are: the user's copy, or Debian's source package, fetched once for all
# builds of this tree. The tests build with those of the firmware under test.
function(awnas_fetched_sources out package option title)
  set(dir "${${option}}")
  if(NOT dir)
    string(FIND "${CMAKE_BINARY_DIR}" "${CMAKE_SOURCE_DIR}/build/" at)
    if(at EQUAL 0)
      set(dir "${CMAKE_SOURCE_DIR}/build/sources/${package}")
      file(MAKE_DIRECTORY "${CMAKE_SOURCE_DIR}/build/sources")
      file(LOCK "${CMAKE_SOURCE_DIR}/build/sources" DIRECTORY GUARD FUNCTION)
    else()
      set(dir "${CMAKE_BINARY_DIR}/${package}")
    endif()
    execute_process(COMMAND "${CMAKE_SOURCE_DIR}/scripts/fetch-source" ${package} "${dir}" RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "${package}'s sources could not be fetched (the reason is above); "
                          "-D${option}=DIR names a copy of ${title}")
    endif()
  endif()
  set(AWNAS_SOURCES_${package} "${dir}" CACHE INTERNAL "")
  set(${out} "${dir}" PARENT_SCOPE)
endfunction()

# nanopb's C sources: the user's copy, or Debian's source package.
function(awnas_nanopb_sources out)
  awnas_fetched_sources(dir nanopb NANOPB_SRC_ROOT_FOLDER "nanopb 0.4.7")
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
    "${CMAKE_SOURCE_DIR}/boards/common/*.h" "${CMAKE_SOURCE_DIR}/boards/common/*.ld"
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
