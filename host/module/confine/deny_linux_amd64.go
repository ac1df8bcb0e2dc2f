// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package confine

import "golang.org/x/sys/unix"

const architecture = unix.AUDIT_ARCH_X86_64
