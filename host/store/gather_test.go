// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestGather: views that are opened one soon after the other cost one list, but
// nobody waits for the last of many for long.
func TestGather(t *testing.T) {
	const gather = 100 * time.Millisecond
	wide := func(i int) string { return fmt.Sprintf("{spec{nodeName string},status{field%d string}}", i) }
	for _, c := range []struct {
		reason  string
		between time.Duration
		views   int
		ready   time.Duration // the first view, after it was opened
		lists   int
	}{
		{"alone", 0, 1, gather, 1},
		{"soon after each other", gather / 2, 4, 3*gather/2 + gather, 1},
		{"with time between", 2 * gather, 3, gather, 3},
		{"without an end", gather/2 + time.Millisecond, 30, 10 * gather, 2}, // none comes just when the waiting ends
	} {
		t.Run(c.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeAPI()
				f.put(makePod("a", onNode("n1")))
				s := NewSet(Options{Config: f.config(), Logger: testLogger(t), Gather: gather})
				run(t, s)
				synctest.Wait()
				began, first := time.Now(), make(chan time.Duration, 1)
				for i := range c.views {
					v := open(t, s, ViewOptions{Projection: shape(t, wide(i)), Plugin: fmt.Sprint("p", i)})
					if i == 0 {
						go func() { // ends when the view is synced
							for !v.Synced() {
								pause(context.Background(), time.Millisecond)
							}
							first <- time.Since(began)
						}()
					}
					pause(t.Context(), c.between)
				}
				if took := <-first; took > c.ready+5*time.Millisecond || took < c.ready-5*time.Millisecond {
					t.Errorf("the first view is ready after %v, want %v", took, c.ready)
				}
				pause(t.Context(), time.Second)
				if lists := f.count("watch"); lists != c.lists {
					t.Errorf("%d watches were opened, want %d", lists, c.lists)
				}
			})
		})
	}
}
