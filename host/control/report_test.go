// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
)

// One line per attempt: errors loud, everything else for those who debug.
func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := &recorder{answer: func(_ context.Context, a Attempt) Outcome {
			switch a.Failures {
			case 0:
				return Outcome{Err: errTest, Status: abi.StatusInvalid, Fuel: 1500,
					Details: []slog.Attr{slog.String("stderr", "last words")}}
			case 1:
				return Outcome{Err: errTest, Status: abi.StatusConflict}
			}
			return Outcome{RequeueAfter: time.Hour}
		}}
		c := New(Options{Name: "web", Reconciler: r, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
			Level: slog.LevelDebug,
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey || a.Key == logAttempt {
					return slog.Attr{}
				}
				return a
			},
		}))})
		stop := run(t, c)
		c.Add(key("a"))
		pass(time.Second)
		expectStopped(t, stop)
		want := `level=ERROR msg="Reconcile failed" controller=web namespace=default name=a failures=0 duration=0s result=error fuel=1500 after=5ms status=invalid terminal=false trap=false error="it went wrong" stderr="last words"
level=DEBUG msg="Reconcile failed" controller=web namespace=default name=a failures=1 duration=0s result=error after=10ms status=conflict terminal=false trap=false error="it went wrong"
level=DEBUG msg=Reconciled controller=web namespace=default name=a failures=2 duration=0s result=requeue_after after=1h0m0s
`
		if diff := cmp.Diff(want, log.String()); diff != "" {
			t.Errorf("log: -want +got:\n%s", diff)
		}
	})
}
