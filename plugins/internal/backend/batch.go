// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// ParsePeriod reads the setting updatesBatchPeriod.
func ParsePeriod(text string) (time.Duration, error) {
	period, err := time.ParseDuration(text)
	if err != nil || period < 0 {
		return 0, errors.New("updatesBatchPeriod is " + strconv.Quote(text) + ", expected a duration such as 500ms, or 0s")
	}
	return period, nil
}

// Wait returns how long a reconcile that found something to write has to wait
// for more of it, so that one write does for all that changes in a period: the
// period if nobody waits yet, else what is left of it. 0: it is over.
func Wait(ctx context.Context, req sdk.Request, period time.Duration) time.Duration {
	switch {
	case period == 0:
		return 0
	case req.Due.IsZero():
		return period
	}
	return max(0, req.Due.Sub(sdk.Now(ctx)))
}
