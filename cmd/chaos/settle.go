// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/wasm-controller-manager/wcm/cmd/chaos/history"
	"github.com/wasm-controller-manager/wcm/cmd/chaos/verdict"
)

const (
	// settleWithin is how long the cluster may take until nothing is wrong.
	settleWithin = 3 * time.Minute
	// lookEvery is the time between two looks.
	lookEvery = 2 * time.Second
	// quiet is how long nothing may change afterwards.
	quiet = 10 * time.Second
)

// settle waits until nothing is wrong with the cluster, and returns how long
// that took. If that does not come about, or does not stay so, it returns what
// is wrong.
func (r *chaos) settle(ctx context.Context) (took time.Duration, wrong []string, err error) {
	began := time.Now()
	r.say("the load has ended; everything has to converge")
	if wrong, err = r.waitSettled(ctx); err != nil || len(wrong) > 0 {
		return 0, wrong, err
	}
	took = time.Since(began)
	before := r.recorder.Len()
	select {
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	case <-time.After(quiet):
	}
	for _, e := range r.recorder.Entries()[before:] {
		wrong = append(wrong, unrest(e)...)
	}
	return took, wrong, nil
}

// unrest says what an entry of a cluster that has settled is about.
func unrest(e history.Entry) []string {
	if e.All {
		return nil // a watch has begun anew
	}
	return []string{fmt.Sprintf("%s %s changes although everything has converged", e.Kind, e.Objects[0].Key)}
}

func (r *chaos) waitSettled(ctx context.Context) (wrong []string, err error) {
	deadline := time.Now().Add(settleWithin)
	for n := 0; ; {
		state, err := r.reader.Read(ctx)
		if err == nil {
			wrong = verdict.Judge(state, r.load.Wishes())
		} else {
			wrong = []string{err.Error()}
		}
		if len(wrong) == 0 || time.Now().After(deadline) {
			return wrong, nil
		}
		if n++; n%5 == 0 {
			r.say(fmt.Sprintf("%d things to go, such as: %s", len(wrong), wrong[0]))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}
