#!/bin/sh
# build.sh CACHE OUT: checks the scripts, compiles the rules (kept in CACHE by content) and lays the app out in OUT.
set -eu
cache=$1 out=$2
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$cache" "$out"

for script in start healthcheck selftest lib/http.sh lib/reply.sh www/cgi-bin/chat www/cgi-bin/stats; do
  sh -n "$here/src/$script"
done

# busybox and Linux have sha256sum, macOS has shasum.
digest() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-8; }
model=rules-$(cat "$here/rules/replies.txt" "$here/src/lib/compile.awk" | digest)
if [ -f "$cache/$model.tsv" ]; then
  echo "$model: compiled before"
else
  awk -f "$here/src/lib/compile.awk" "$here/rules/replies.txt" >"$cache/$model.new"
  mv "$cache/$model.new" "$cache/$model.tsv"
  echo "$model: compiled $(wc -l <"$cache/$model.tsv") words"
fi

cp -R "$here/src/." "$out/"
cp "$cache/$model.tsv" "$out/replies.tsv"
echo "$model" >"$out/MODEL"
cp "$here/VERSION" "$out/VERSION"
# The only place the server writes to; it does not run as root.
mkdir -p "$out/var"
chmod 1777 "$out/var"
ln -s ../var/healthz "$out/www/healthz"
chmod 0755 "$out/start" "$out/healthcheck" "$out/selftest" "$out"/www/cgi-bin/*
