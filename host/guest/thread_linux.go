// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import "golang.org/x/sys/unix"

// yieldProcessor lets other threads that want to run on this processor go first.
// Without it the kernel lets a guest that computes run on for its slice of some
// milliseconds, also while others wait for their network.
func yieldProcessor() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
