// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	attempt  = 10 * time.Second       // one request
	pause    = 200 * time.Millisecond // between two of them
	patience = 3 * time.Minute        // until what is waited for counts as never coming
)

// do does something that a user does until it is certain that it was done: the
// API server may be away, and an attempt may have been one that it performed
// all the same, so each has to make sense a second time. It tells whether it was
// done.
func (u *user) do(ctx context.Context, what string, request func(ctx context.Context) error) bool {
	u.mu.Lock()
	u.counts[what]++
	u.mu.Unlock()
	var last error
	done := u.until(ctx, func(ctx context.Context) bool {
		last = request(ctx)
		return last == nil
	})
	if !done && ctx.Err() == nil {
		u.blame("%s in %s fails for %s: %v", what, u.namespace, patience, last)
	}
	return done
}

// until asks again and again whether something has come about, and tells
// whether it has.
func (u *user) until(ctx context.Context, come func(ctx context.Context) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if u.ask(ctx, come) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
	}
}

func (u *user) ask(ctx context.Context, come func(ctx context.Context) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	return come(ctx)
}

// unless passes an error, but for the one that says that there is nothing left
// to do.
func unless(nothingToDo func(error) bool, err error) error {
	if nothingToDo(err) {
		return nil
	}
	return err
}

var (
	isThere = apierrors.IsAlreadyExists
	isGone  = apierrors.IsNotFound
	isOther = apierrors.IsConflict // the uid is another one's
)
