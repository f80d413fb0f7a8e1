#!/usr/bin/env bash
# The libserialport path against the emulated ZCU102. QEMU offers the board's UART as a pty; libserialport
# refuses ptys, so tests/fakes/pty_serial_preload.c stands in for sysfs and the modem lines.
. "$(dirname "$0")/lib.sh"
need_board
preload=$build_dir/tests/fakes/libpty_serial_preload.so
[ -f "$preload" ] || fail "$preload is not built"

qemu_pid=
stop_qemu() {
    [ -z "$qemu_pid" ] || kill -KILL "$qemu_pid" 2>/dev/null || true
    [ -z "$qemu_pid" ] || wait "$qemu_pid" 2>/dev/null || true
    qemu_pid=
}
trap 'stop_qemu; rm -rf "$work"' EXIT

start_qemu() {
    qemu-system-aarch64 -M xlnx-zcu102 -m 1G -kernel "$firmware" -display none -monitor none \
        -icount shift=0,sleep=off -serial pty >"$work/qemu.out" 2>"$work/qemu.err" </dev/null &
    qemu_pid=$!
    for _ in $(seq 200); do
        port=$(sed -n 's/^char device redirected to \([^ ]*\).*/\1/p' "$work/qemu.out")
        [ -z "$port" ] || return 0
        kill -0 "$qemu_pid" 2>/dev/null || fail "QEMU ended: $(cat "$work/qemu.err")"
        sleep 0.05
    done
    fail "QEMU did not name its pty"
}
# The preload must come before AddressSanitizer's own library, which a sanitized build would refuse.
measure() {
    env LD_PRELOAD="$preload" ASAN_OPTIONS=verify_asan_link_order=0 "$awnas" measure "$work/results" \
        --warmup 1 "$@"
}
same_but() { cmp -s <(grep -v "^ *$1: " "$2") <(grep -v "^ *$1: " "$3"); }

make_nets
out=$work/results/$hw/prof_results

# A whole measurement, verified, over the serial port.
start_qemu
measure --nets 0 --repeats 2 --serial "$port@115200" >/dev/null
for run in 0 1; do
    file=$out/0/$run.yaml
    grep -q '^  transport: serial$' "$file" || fail "$file does not say transport: serial"
    grep -q '^verified: true$' "$file" || fail "$file is not verified"
    grep -q '^unit: instructions$' "$file" || fail "$file has another unit"
done
same_but run "$out/0/0.yaml" "$out/0/1.yaml" || fail "two runs on the emulated board differ"

# Over QEMU's socket the counts are the same.
cp -a "$out/0" "$work/serial"
"$awnas" measure "$work/results" --nets 0 --repeats 2 --warmup 1 --board zcu102 \
    --boards-dir "$source_dir/boards" --firmware "$firmware" >/dev/null
same_but transport "$work/serial/0.yaml" "$out/0/0.yaml" || fail "serial line and socket differ"

# A port that another program holds, and one that is not there.
exec 9<>"$port"
flock -n 9 || fail "cannot lock $port"
expect 1 "$port: the port is busy" measure --nets 0 --serial "$port"
exec 9>&-
expect 1 "/dev/ttyNONE9: no such serial port" measure --nets 0 --serial /dev/ttyNONE9

# The board goes in the middle: one line, and what was complete stays.
cp -a "$out/0" "$work/before"
measure --repeats 1000 --serial "$port" >"$work/out" 2>"$work/err" &
measure_pid=$!
sleep 2
stop_qemu
got=0
wait "$measure_pid" || got=$?
[ "$got" -eq 1 ] || fail "exit $got instead of 1 when the port goes away"
grep -q "^[^:]*:* *$port: the port is gone" "$work/err" || fail "said: $(cat "$work/err")"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $(cat "$work/err")"
diff -r "$work/before" "$out/0" >/dev/null || fail "an incomplete measurement changed results"

# Nobody answers behind the port. (exec, so that the process to kill is Python's.)
silent_port() { exec python3 -c 'import os, time
master, slave = os.openpty()
print(os.ttyname(slave), flush=True)
time.sleep(30)'; }
if command -v python3 >/dev/null; then
    silent_port >"$work/port" &
    silent_pid=$!
    for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.05; done
    expect 1 "no Hello within 500 ms; is the firmware running?" \
        measure --nets 0 --wait 500 --serial "$(cat "$work/port")"
    kill "$silent_pid" 2>/dev/null || true
    wait "$silent_pid" 2>/dev/null || true
fi
echo ok
