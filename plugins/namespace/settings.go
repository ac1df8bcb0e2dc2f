// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"errors"
	"strconv"
	"time"
)

// Settings are the settings of the plugin.
type Settings struct {
	// NamespaceSyncPeriod is the longest time between two looks at a namespace
	// that something holds.
	NamespaceSyncPeriod string `json:"namespaceSyncPeriod"`

	period time.Duration // it, parsed
}

// prepare checks and parses the settings.
func (s *Settings) prepare() (err error) {
	s.period, err = time.ParseDuration(s.NamespaceSyncPeriod)
	if err != nil || s.period < time.Second {
		return errors.New("namespaceSyncPeriod is " + strconv.Quote(s.NamespaceSyncPeriod) + ", expected a duration of at least 1s, such as 5m")
	}
	return nil
}
