// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestSleep: a guest's sleep takes its time, and no longer than its call has.
func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		i := &Instance{}
		i.call.instance = i
		i.begin(ctx, "")
		for _, c := range []struct{ sleep, want time.Duration }{
			{time.Second, time.Second},
			{time.Hour, 59 * time.Second},
			{time.Hour, 0},
		} {
			start := time.Now()
			i.sleep(int64(c.sleep))
			if got := time.Since(start); got != c.want {
				t.Errorf("sleep(%v) took %v, want %v", c.sleep, got, c.want)
			}
		}
	})
}
