# cmake -D VERSION=.. -D ROOT=.. -D LIST=file -D OUT=header -P FirmwareId.cmake
#
# Writes AWT_FIRMWARE_ID: the version and a digest of names and contents of all sources in LIST, so that
# two images tell apart exactly when something in them differs, without a repository at hand.
file(STRINGS "${LIST}" sources)
set(text "")
foreach(source IN LISTS sources)
  file(SHA256 "${source}" digest)
  file(RELATIVE_PATH name "${ROOT}" "${source}")
  if(name MATCHES "^\\.\\.")
    get_filename_component(name "${source}" NAME)
  endif()
  string(APPEND text "${name} ${digest}\n")
endforeach()
string(APPEND text "${FLAGS}")
string(SHA256 digest "${text}")
string(SUBSTRING "${digest}" 0 10 digest)
file(WRITE "${OUT}.new" "#define AWT_FIRMWARE_ID \"${VERSION}-${digest}\"\n")
execute_process(COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${OUT}.new" "${OUT}")
file(REMOVE "${OUT}.new")
