#!/bin/sh
# Unpacks the bundle on first use and runs a step of it on this machine's GPU: `./check.sh all`. See README.md.
set -eu

bundle=$(cd "$(dirname "$0")" && pwd)
PATH=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/nvidia/bin
export PATH
umask 022

fail() {
  echo "check.sh: $1" >&2
  exit 2
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# FILE without its ending, .gz or .xz. Writes what was packed to stdout.
unpacked() {
  if [ -f "$1.gz" ]; then
    gzip -dc "$1.gz"
  elif has xz; then
    xz -dc "$1.xz"
  elif has python3 && python3 -c 'import lzma' 2>/dev/null; then
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1.xz"
  elif has busybox; then
    busybox xz -dc "$1.xz"
  else
    fail "there is neither xz nor python3 here: make the bundle with --gzip"
  fi
}

# Unpacks into FOLDER; fails where nothing can be written or started, as where /tmp is mounted noexec.
unpack_into() {
  part=$1.$$
  mkdir -p "$part" 2>/dev/null || return 1
  unpacked "$bundle/node" >"$part/node" && chmod 755 "$part/node" && "$part/node" --version >/dev/null &&
    unpacked "$bundle/app.tar" >"$part/app.tar" && tar -xf "$part/app.tar" -C "$part" && rm "$part/app.tar" &&
    [ ! -e "$1" ] && mv "$part" "$1" && return
  rm -rf "$part"
  # Another run may have been first.
  is_ready "$1"
}

# Whole, and our own: in a folder that all can write to, anybody may have made one of this name.
is_ready() {
  [ -x "$1/node" ] && [ -d "$1/app" ] && [ -n "$(find "$1" -prune -user "$(id -u)")" ]
}

hash=$(sed -n 's/.*"hash": *"\([0-9a-f]*\)".*/\1/p' "$bundle/bundle.json" | cut -c1-12)
[ -n "$hash" ] || fail "bundle.json has no hash"
place=
for folder in "${VERTEBRA_GPU_DIR:-}" "${TMPDIR:-}" /tmp /var/tmp "${OUT:-}" .; do
  [ -n "$folder" ] || continue
  candidate=$folder/vertebra-gpu-$(id -u)-$hash
  if is_ready "$candidate" || unpack_into "$candidate"; then
    place=$(cd "$candidate" && pwd)
    break
  fi
done
[ -n "$place" ] || fail "there is no folder to unpack into and to start programs from: name one in VERTEBRA_GPU_DIR (180 MB)"

# Drivers keep their caches there.
if [ -z "${HOME:-}" ] || [ ! -w "${HOME:-}" ]; then
  HOME=$place
  export HOME
fi
exec "$place/node" "$place/app/gpu/check.mjs" "$@"
