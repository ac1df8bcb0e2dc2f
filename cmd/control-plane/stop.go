// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopTimeout bounds a clean stop. The API server waits up to a minute for a
// request that hangs, and nobody waits that long for a laptop's.
const stopTimeout = 20 * time.Second

// The causes for which the process stops as asked.
var (
	errSignal     = errors.New("a signal asked to stop")
	errParentGone = errors.New("the parent process is gone")
)

// errEndedEarly marks that a server returned although nobody asked it to; its
// own error may be nil.
var errEndedEarly = errors.New("it should have stayed")

// asked tells whether the context ended because somebody wanted it to.
func asked(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, errSignal) || errors.Is(cause, errParentGone)
}

// stopContext ends at the first SIGINT or SIGTERM, and, if stdin is watched,
// when stdin ends. A second signal, or a stop that does not come to an end,
// exits the process. Its goroutines stay until the process ends.
func stopContext(watchStdin bool, stdin io.Reader) (context.Context, context.CancelCauseFunc) {
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop(errSignal)
		<-signals
		os.Exit(exitInterrupted)
	}()
	if watchStdin {
		go func() {
			io.Copy(io.Discard, stdin) // any end of it is the end
			stop(errParentGone)
		}()
	}
	context.AfterFunc(ctx, func() {
		time.Sleep(stopTimeout)
		os.Exit(exitFailed)
	})
	return ctx, stop
}
