// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/retry"

	"github.com/wasm-controller-manager/wcm/host/fence"
)

// lease is a resource lock that tells a fence until when its holder may write.
type lease struct {
	resourcelock.Interface
	fence *fence.Fence
	// trust is how long after a renewal was sent writes are allowed: the renew
	// deadline. The rest of the lease duration is the margin.
	trust time.Duration
}

// Get reads the Lease. If it names another process, that one may write already.
func (l *lease) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	if err == nil && record.HolderIdentity != l.Identity() {
		l.fence.Revoke()
	}
	return record, raw, err
}

// Create creates the Lease, held by this process.
func (l *lease) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.renew(func() error { return l.Interface.Create(ctx, record) })
}

// Update takes or renews the Lease.
func (l *lease) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.renew(func() error { return l.Interface.Update(ctx, record) })
}

// renew notes the time before the request is sent, as nobody knows when the
// API server got it. Others count the lease from when they see it, which is later.
func (l *lease) renew(send func() error) error {
	until := l.fence.Now() + fence.Instant(l.trust)
	if err := send(); err != nil {
		return err
	}
	l.fence.Extend(until)
	return nil
}

// release empties the Lease if it still names this process, so that the next
// leader need not wait until it expires.
func (l *lease) release(ctx context.Context) error {
	// A conflict is a renewal that was cut off here but not at the API server.
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		record, _, err := l.Get(ctx)
		if err != nil || record.HolderIdentity != l.Identity() {
			return err
		}
		record.HolderIdentity = ""
		record.LeaseDurationSeconds = 1 // 0 is not valid
		record.RenewTime = metav1.Now()
		return l.Interface.Update(ctx, *record)
	})
}
