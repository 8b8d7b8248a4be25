#!/bin/sh
# Runs a fuzzer, build/fuzz/NAME, for `make fuzz` and its like: run.sh NAME LENGTH SECONDS JOBS [OPTION...], where no
# input is longer than LENGTH bytes, and the options are libFuzzer's. Its corpus, build/fuzz/corpus-NAME, begins with the
# files of tests/fuzz/corpus-NAME, if there are any, and grows from run to run. Each finding is kept in
# build/fuzz/findings, and the status is then 1.
# run.sh --check CLANG only looks whether that compiler can build it.
set -u

check() {
    if echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
        "$1" -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>/dev/null; then
        return 0
    fi
    echo "fuzz: this needs clang with its sanitizers: apt-get install clang 'libclang-rt-*-dev'" >&2
    echo "fuzz: (Debian 12: libclang-rt-14-dev; elsewhere the number is that of clang --version)" >&2
    return 1
}

[ "$1" = --check ] && {
    check "$2"
    exit
}

name=$1 length=$2 seconds=$3 jobs=$4
shift 4
# Files in memory, and less bookkeeping in the sanitizer: what it then leaves out of a report, the repetition tells.
[ -d /dev/shm ] && export TMPDIR=/dev/shm
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=8:malloc_context_size=0}"
findings=build/fuzz/findings corpus=build/fuzz/corpus-$name logs=build/fuzz/logs-$name
mkdir -p "$corpus" $findings "$logs"
cp -n tests/fuzz/corpus-"$name"/* "$corpus/" 2>/dev/null
before=$(ls $findings | wc -l)
job=0
while [ "$job" -lt "$jobs" ]; do
    job=$((job + 1))
    "build/fuzz/$name" -max_total_time="$seconds" -max_len="$length" -len_control=50 -timeout=20 -reload=5 -seed="$job" \
        -print_final_stats=1 -artifact_prefix="$findings/$name-" "$@" "$corpus" >"$logs/$job.txt" 2>&1 &
done
[ "$seconds" -gt 0 ] && limit="$seconds seconds" || limit="$*"
echo "fuzz: $jobs at once for $limit; what they say is in $logs"
wait
grep -hE '^stat::(number_of_executed_units|average_exec_per_sec)' "$logs"/*.txt
grep -h ' cov: ' "$logs"/1.txt | tail -n 1
after=$(ls $findings | wc -l)
[ "$after" -eq "$before" ] && echo "fuzz: nothing found" && exit 0
echo "fuzz: findings; each of these commands repeats one:"
for finding in "$findings/$name"-*; do
    echo "    build/fuzz/$name $finding"
done
exit 1
