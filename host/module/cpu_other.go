// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package module

import "time"

// threadCPU returns 0: only Linux tells the CPU time of one thread.
func threadCPU() time.Duration { return 0 }
