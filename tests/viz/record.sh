#!/bin/sh
# Records anew the two runs that the frames and the READMEs' pictures show: wordcount over the first 60,000 bytes of its
# text, with the least cache that there may be, so that pages are taken back. Afterwards: make golden.
set -eu
cd "$(dirname "$0")/../.."
out=build/run/recorded
mkdir -p "$out"
head -c 60000 build/boot/text.txt >"$out/text.txt"
for arrangement in internal external; do
    scripts/run.py --arrangement "$arrangement" --cache-pages 16 --file "$out/text.txt" --program wordcount \
        --out "$out/$arrangement" >/dev/null
    mkdir -p "tests/viz/recorded/$arrangement"
    cp "$out/$arrangement/trace/metadata" "$out/$arrangement/trace/stream_0" "tests/viz/recorded/$arrangement/"
done
