// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux && !amd64 && !arm64

package confine

import "errors"

// denyCalls is for the architectures on which modules can be compiled.
func denyCalls() error { return errors.ErrUnsupported }
