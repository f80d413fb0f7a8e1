#!/usr/bin/env bash
# The include directions hold in this tree, and each kind of violation is caught.
set -euo pipefail
source=$1
"$source/scripts/check-includes" "$source"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
expect_refusal() { # file, include line, expected text
    rm -rf "${dir:?}"/*
    mkdir -p "$dir"/{common,proto,target,boards,host}
    mkdir -p "$dir/$(dirname "$1")"
    printf '%s\n' "$2" >"$dir/$1"
    if "$source/scripts/check-includes" "$dir" >"$dir/out" 2>&1; then
        echo "not caught: $2 in $1" >&2
        exit 1
    fi
    grep -qF "$3" "$dir/out" || { cat "$dir/out" >&2; exit 1; }
}
expect_refusal common/src/a.c '#include "awt/hal.h"' 'common may not include awt/hal.h (target)'
expect_refusal host/base/a.c '#include "prims/prim.h"' 'host/base may not include prims/prim.h'
expect_refusal host/flow/a.c '#include "awt/kernel.h"' 'host/flow may not include awt/kernel.h'
expect_refusal host/net/a.c '#include <yaml.h>' 'only host/base may include yaml.h'
expect_refusal host/devices/a.c '#include <libserialport.h>' 'only host/devices/serial'
expect_refusal target/src/a.c '#include "pb.h"' 'only proto may include pb.h'
expect_refusal boards/x/a.c '#include "msg.h"' 'boards may not include msg.h (proto)'
expect_refusal host/readers/own/a.c '#include "readers/dnndk/b.h"' 'plug-ins may not include each other'
echo "8 kinds of violation caught"
