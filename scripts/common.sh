# Shared by the scripts beside it; sourced, not run. Sets `root`, and goes there.
# shellcheck shell=bash

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

bold='' red='' dim='' plain='' colors=off
if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m' colors=force; fi

trap 'printf "\n%sInterrupted.%s\n" "$bold" "$plain" >&2; trap - INT; kill -INT $$' INT

# Prints the comment block at the top of the script that sources this.
help() { sed -n '2,/^[^#]/{/^#/!q;s/^# \{0,1\}//;p;}' "$0"; }

fail() {
  printf '%s%s%s\n' "$red" "$1" "$plain" >&2
  exit 1
}

# need_tools: ends with a clear sentence for each tool that is missing.
need_tools() {
  local missing=0
  if ! command -v cargo >/dev/null; then
    lacks "Rust is missing: cargo was not found. Install it from https://rustup.rs, then run this again."
  elif ! at_least "$(cargo --version | cut -d' ' -f2)" 1.95.0; then
    lacks "Rust 1.95 or newer is needed, but this is $(cargo --version | cut -d' ' -f2): run 'rustup update stable'."
  fi
  if ! command -v node >/dev/null; then
    lacks "Node is missing: install Node 20 or newer from https://nodejs.org or your package manager."
  elif ! at_least "$(node -p process.versions.node)" 20.0.0; then
    lacks "Node 20 or newer is needed, but this is $(node --version): install a newer one from https://nodejs.org."
  elif ! command -v npx >/dev/null; then
    lacks "npx is missing, which comes with npm: install npm beside your Node."
  fi
  if ! command -v cc >/dev/null; then
    lacks "A C compiler and linker are missing: cc was not found.$(apt_line build-essential)"
  fi
  [ "$missing" = 0 ] || exit 1
}

lacks() {
  missing=1
  printf '%s%s%s\n' "$red" "$1" "$plain" >&2
}

apt_line() {
  if command -v apt-get >/dev/null; then printf ' Install it with: sudo apt-get install %s' "$1"; fi
}

# at_least VERSION MINIMUM
at_least() { [ "$(printf '%s\n%s\n' "$2" "${1%%-*}" | sort -V | head -n 1)" = "$2" ]; }

# pnpm in the version that the lockfile was written with; npx keeps it after the first time.
pnpm() { npx --yes pnpm@10 "$@"; }

# Builds the TypeScript packages but the userland: its bundle is kept in the repository, and cargo has it already.
build_packages() { pnpm --reporter=append-only --recursive --if-present --filter '!@hotcell/guest' run build; }

# The Node addon's name among what cargo builds.
addon_file() { if [ "$(uname -s)" = Darwin ]; then printf libhotcell_node.dylib; else printf libhotcell_node.so; fi; }

# Where cargo puts what it builds.
target_dir() {
  cargo metadata --no-deps --format-version 1 | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory'
}
