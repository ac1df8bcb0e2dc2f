// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package control

import (
	"log/slog"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Action is what becomes of a key after an attempt.
type Action uint8

// The actions.
const (
	// Forget drops the key and its failures until the next Add.
	Forget Action = iota
	// Requeue drops the failures and adds the key again after a time.
	Requeue
	// Retry counts a failure and adds the key again after a time.
	Retry
	// Keep leaves the key and its failures to the next Run.
	Keep
)

// Result classifies an attempt for metrics and logs, in the terms of
// controller-runtime's controller_runtime_reconcile_total.
type Result uint8

// The results.
const (
	ResultSuccess      Result = iota
	ResultRequeueAfter        // success, and the reconciler asked to come back
	ResultRequeue             // undecided: the attempt was cut off, the key stays
	ResultError
	// Results is the number of results.
	Results = 4
)

// String returns "success", "requeue_after", "requeue" or "error".
func (r Result) String() string {
	return [Results]string{"success", "requeue_after", "requeue", "error"}[r]
}

// Situation is what [Decide] knows besides the outcome.
type Situation struct {
	Failures int  // failures of the key in a row before this attempt
	Stopping bool // the controller is stopping, so the attempt may have been cut off
}

// Decision is what follows from an outcome.
type Decision struct {
	Action Action
	After  time.Duration // with Requeue and Retry
	Result Result
	Level  slog.Level // of the line that reports the attempt
}

// Decide says what follows from the outcome of an attempt. It is the only
// place where this is decided.
//
// There is no limit over all keys, such as the 10 per second that client-go
// has by default: with thousands of failing keys it would hold back the last
// of them for minutes after the cause is gone. The back-off of each key bounds
// the work that failures make, and the rate limits of the client bound the
// load on the API server.
func Decide(o Outcome, s Situation) Decision {
	switch {
	case s.Stopping && o.Failed() && !o.Terminal:
		// Most likely the stop is why it failed. The key must not be lost, and
		// must not pay for it either.
		return Decision{Action: Keep, Result: ResultRequeue, Level: slog.LevelDebug}
	case o.Terminal:
		return Decision{Action: Forget, Result: ResultError, Level: slog.LevelError}
	case o.Trap:
		return Decision{Action: Retry, After: afterTrap.delay(s.Failures), Result: ResultError, Level: slog.LevelError}
	case o.Err != nil:
		return decideError(o.Status, s.Failures)
	case o.RequeueAfter > 0:
		return Decision{Action: Requeue, After: o.RequeueAfter, Result: ResultRequeueAfter, Level: slog.LevelDebug}
	}
	return Decision{Action: Forget, Result: ResultSuccess, Level: slog.LevelDebug}
}

func decideError(status abi.Status, failures int) Decision {
	switch status {
	case abi.StatusConflict:
		// Somebody else wrote first: nothing is wrong, and a fresh read is near.
		return Decision{Action: Retry, After: afterConflict.delay(failures), Result: ResultError, Level: slog.LevelDebug}
	case abi.StatusNotLeader:
		// Either the lease comes back, then the key must still be there, or Run
		// ends within seconds. Another process is reconciling this key, if any.
		return Decision{Action: Retry, After: afterNotLeader.delay(failures), Result: ResultRequeue, Level: slog.LevelDebug}
	}
	return Decision{Action: Retry, After: afterError.delay(failures), Result: ResultError, Level: slog.LevelError}
}

// The back-offs. The one after errors is client-go's.
var (
	afterError     = backoff{5 * time.Millisecond, 1000 * time.Second}
	afterTrap      = backoff{time.Second, 1000 * time.Second} // a new instance costs milliseconds, and the trap most likely repeats
	afterConflict  = backoff{5 * time.Millisecond, 5 * time.Second}
	afterNotLeader = backoff{500 * time.Millisecond, 5 * time.Second}
)

// backoff doubles from least to most.
type backoff struct{ least, most time.Duration }

func (b backoff) delay(failures int) time.Duration {
	delay := b.least
	for range failures {
		if delay *= 2; delay >= b.most {
			return b.most
		}
	}
	return delay
}
