#!/bin/sh
# SPDX-FileCopyrightText: The wasm-controller-manager Authors
# SPDX-License-Identifier: Apache-2.0

# Makes tinygo.wasm, which is in the repository because few have TinyGo. It was
# made by 0.41.0. TINYGO_TARGET may name another target, for a TinyGo that was
# built without its own libc.
set -eu
cd "$(dirname "$0")"
exec "${TINYGO:-tinygo}" build -target="${TINYGO_TARGET:-wasip1}" -buildmode=c-shared -scheduler=none -gc=precise -no-debug -o tinygo.wasm .
