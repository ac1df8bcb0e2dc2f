// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Package limit bounds what one plugin may do by itself: how often, and how
// much at a time. What plugins have to share with each other is the business
// of package fair.
//
// It decides and counts; it neither knows what is limited nor what a plugin is.
// A [Bucket] has one owner, everything else is safe for concurrent use.
package limit

import "errors"

// ErrExceeded says that something was refused because a limit is reached.
var ErrExceeded = errors.New("a limit is reached")
