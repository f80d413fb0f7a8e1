#!/usr/bin/env bash
# What can go wrong around a measurement: one line, the right exit code, nothing broken left behind.
. "$(dirname "$0")/lib.sh"

make_nets
out=$work/results/$hw/prof_results

expect 2 "did you mean 'zcu102'" "$awnas" measure "$work/results" --board zcu120
expect 1 "connection refused" "$awnas" measure "$work/results" --tcp 127.0.0.1:1 --wait 300
expect 1 "/dev/ttyNONE9" "$awnas" measure "$work/results" --serial /dev/ttyNONE9
expect 2 "" "$awnas" measure "$work/nothing"
expect 2 "--nets" "$awnas" measure "$work/results" --board native --nets 77

# QEMU missing: PATH without it.
mkdir "$work/bin"
for tool in env sh; do ln -s "$(command -v $tool)" "$work/bin/$tool"; done
touch "$work/fw.elf"
expect 1 "qemu-system-arm" env PATH="$work/bin" "$awnas" measure "$work/results" --board zcu102 \
    --firmware "$work/fw.elf"
expect 1 "missing.elf" "$awnas" measure "$work/results" --board zcu102 --firmware "$work/missing.elf"

# Programs: truncated and bit-flipped ones are refused by the host with file and reason, and the nets that
# were complete stay.
"$awnas" measure "$work/results" --board native --repeats 1 --nets 0 >/dev/null
program=$work/results/$hw/1/1.awp
cp "$program" "$work/saved.awp"
head -c 200 "$work/saved.awp" >"$program"
expect 2 "1.awp" "$awnas" measure "$work/results" --board native --repeats 1 --resume
printf '\xff' | dd of="$program" bs=1 seek=100 conv=notrunc status=none
expect 2 "1.awp" "$awnas" measure "$work/results" --board native --repeats 1 --resume
cp "$work/saved.awp" "$program"
[ -f "$out/0/0.yaml" ] || fail "the complete result is gone"
[ ! -e "$out/1" ] || fail "a refused program left a result"

start_board() { # PROGRAM: sets board and port
    "$1" --port 0 >"$work/port" &
    board=$!
    for _ in $(seq 50); do [ -s "$work/port" ] && break; sleep 0.1; done
    port=$(sed 's/.*://' "$work/port")
}
# A board that takes the connection and stays silent: an error within the stated wait.
start_board "$build_dir/awnas-native-board"
kill -STOP $board
expect 1 "no Hello within 700 ms" "$awnas" measure "$work/results" --tcp "127.0.0.1:$port" --wait 700
kill -CONT $board
# One that dies while it runs: complete nets stay, nothing incomplete is left.
"$awnas" measure "$work/results" --tcp "127.0.0.1:$port" --repeats 2000 --out "$work/dies" \
    >/dev/null 2>"$work/err" &
measure=$!
sleep 1
kill -KILL $board
code=0
wait $measure || code=$?
[ $code -eq 1 ] || fail "exit $code after the board died"
[ "$(wc -l <"$work/err")" -eq 1 ] || { cat "$work/err" >&2; fail "not one line after the board died"; }
for dir in "$work"/dies/*/; do
    [ ! -d "$dir" ] || [ "$(find "$dir" -name '*.yaml' | wc -l)" -eq 2000 ] || fail "$dir is incomplete"
done

# A kernel that computes wrongly cannot produce a latency.
start_board "$build_dir/awnas-native-board-badkernel"
expect 1 "dwconv2d" "$awnas" measure "$work/results" --tcp "127.0.0.1:$port" --repeats 1 --nets 2 \
    --out "$work/wrong"
kill $board
wait $board 2>/dev/null || true
[ -z "$(find "$work/wrong" -name '*.yaml' 2>/dev/null)" ] || fail "a wrong kernel left a result"

# One that faults or never ends is named with its layer, by the board itself, which goes on: the connection
# holds, and the next session hears of it before it loads anything.
for kind in crashes:"the CPU faulted" hangs:"the board's watchdog ended it"; do
    start_board "$build_dir/awnas-native-board-${kind%%:*}"
    expect 1 "${kind#*:} while verifying (pc 0x" "$awnas" measure "$work/results" --tcp "127.0.0.1:$port" \
        --repeats 1 --nets 2 --out "$work/wrong"
    grep -qE 'net 2, layer [0-9]+ \([^)]*dwconv2d/' "$work/err" || { cat "$work/err" >&2; fail "the layer is not named"; }
    cat "$work/err"
    expect 1 "${kind#*:} while timing layers (pc 0x" "$awnas" measure "$work/results" --tcp "127.0.0.1:$port" \
        --repeats 1 --warmup 0 --nets 2 --no-verify --out "$work/wrong"
    grep -q "warning: .*restarted before this session: in layer .* ${kind#*:} while verifying" "$work/err" ||
        { cat "$work/err" >&2; fail "the next session is not told"; }
    kill $board
    wait $board 2>/dev/null || true
    [ -z "$(find "$work/wrong" -name '*.yaml' 2>/dev/null)" ] || fail "a kernel that $kind left a result"
done
echo ok
