# cmake -D VERSION=.. -D ROOT=.. -D LIST=file -D FLAGS=.. -D OUT=header -P FirmwareId.cmake
#
# Writes AWT_FIRMWARE_ID: the version and a digest of compiler, flags, and names and contents of all
# sources in LIST. Two images have the same id exactly when they were made of the same; where the tree,
# the build folder and nanopb's copy are does not matter, nor is a repository needed.
file(STRINGS "${LIST}" sources)
set(lines "")
foreach(source IN LISTS sources)
  file(SHA256 "${source}" digest)
  file(RELATIVE_PATH name "${ROOT}" "${source}")
  if(NOT name MATCHES "^(boards|common|proto|target)/")
    get_filename_component(name "${source}" NAME)
  endif()
  list(APPEND lines "${name} ${digest}")
endforeach()
list(SORT lines)
string(SHA256 digest "${lines} ${FLAGS}")
string(SUBSTRING "${digest}" 0 10 digest)
set(text "#define AWT_FIRMWARE_ID \"${VERSION}-${digest}\"\n")
set(before "")
if(EXISTS "${OUT}")
  file(READ "${OUT}" before)
endif()
if(NOT text STREQUAL before)
  file(WRITE "${OUT}" "${text}")
endif()
