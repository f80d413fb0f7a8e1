# awnas_nanopb_generate(<sources> <include dir>): awnas.pb.{c,h} from proto/awnas.proto, with Debian's
# nanopb generator.
function(awnas_nanopb_generate sources dir)
  find_program(NANOPB_GENERATOR NAMES nanopb_generator nanopb_generator.py REQUIRED
               DOC "nanopb_generator of Debian's package nanopb")
  set(out "${CMAKE_BINARY_DIR}/proto-generated")
  file(MAKE_DIRECTORY "${out}")
  set(proto_dir "${CMAKE_SOURCE_DIR}/proto")
  add_custom_command(
    OUTPUT "${out}/awnas.pb.c" "${out}/awnas.pb.h"
    COMMAND "${NANOPB_GENERATOR}" -q -I "${proto_dir}" -D "${out}" -f "${proto_dir}/awnas.options"
            "${proto_dir}/awnas.proto"
    DEPENDS "${proto_dir}/awnas.proto" "${proto_dir}/awnas.options"
    WORKING_DIRECTORY "${proto_dir}"
    COMMENT "nanopb: awnas.proto"
    VERBATIM)
  set(${sources} "${out}/awnas.pb.c" "${out}/awnas.pb.h" PARENT_SCOPE)
  set(${dir} "${out}" PARENT_SCOPE)
endfunction()
