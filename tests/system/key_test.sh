#!/usr/bin/env bash
# A board with a key: strangers get Hello and nothing else; who has the key measures; either side finds out
# when the other has not got it.
. "$(dirname "$0")/lib.sh"

make_nets
echo 00112233445566778899AABBCCDDEEFF >"$work/key"
echo 00112233445566778899aabbccddeef0 >"$work/other"
echo 0011 >"$work/short"
serve() { # FILE OPTIONS...: starts a board, $address is where
    "$build_dir/awnas-native-board" "${@:2}" >"$1" &
    board=$!
    trap 'kill $board 2>/dev/null || true; rm -rf "$work"' EXIT
    for _ in $(seq 100); do
        address=$(sed -n 's/^listening on //p' "$1")
        [ -z "$address" ] || return 0
        sleep 0.1
    done
    fail "the board did not start"
}
measure() { "$awnas" measure "$work/results" --tcp "$address" --nets 0 --repeats 1 --warmup 0 --force --out "$work/res" "$@"; }

serve "$work/keyed.log" --key-file "$work/key"
expect 1 "this board wants its key; give --key-file FILE or AWNAS_KEY_FILE" measure
expect 1 "the key is not this board's" measure --key-file "$work/other"
expect 2 "short: expected a key of 32 hexadecimal digits" measure --key-file "$work/short"
expect 2 "no-such-file" measure --key-file "$work/no-such-file"
[ ! -e "$work/res" ] || [ -z "$(find "$work/res" -name '*.yaml')" ] || fail "a stranger got a result"
expect 0 "" measure --key-file "$work/key"
grep -q '^verified: true$' "$work/res/0/0.yaml" || fail "not verified"
rm -rf "$work/res"
AWNAS_KEY_FILE=$work/key expect 0 "" measure
kill $board

# A board without a key does not mind one that it is not asked for.
serve "$work/open.log"
expect 0 "" measure --key-file "$work/key"
kill $board

expect 2 "expected a key of 32 hexadecimal digits" "$build_dir/awnas-native-board" --key-file "$work/short"
