// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"errors"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"
)

// TestTakenByForce has somebody edit the Lease. The renew deadline is seconds
// away when the leader finds out.
func TestTakenByForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		one := newMaster(t, server, "one").start(t)
		pass(time.Minute)
		one.expect(t, true)
		server.take("somebody")
		pass(DefaultConfiguration().RetryPeriod.Duration)
		if one.CanWrite() == nil {
			t.Error("the leader may write although it has seen that somebody else leads")
		}
		if err := <-one.result; !errors.Is(err, ErrLost) {
			t.Errorf("Run() = %v, want %v", err, ErrLost)
		}
	})
}

// take gives the Lease to somebody for an hour.
func (s *leases) take(identity string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	duration := int32(3600)
	s.lease.Spec.HolderIdentity, s.lease.Spec.LeaseDurationSeconds = &identity, &duration
	s.lease.ResourceVersion += "y"
}

// unanswered is a connection that breaks when a request has been written.
type unanswered struct{}

func (unanswered) RoundTrip(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
	return nil, errors.New("connection reset")
}

// TestNoReleaseWhileAWriteIsInDoubt stops a leader that does not know what
// became of its last write.
func TestNoReleaseWhileAWriteIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &leases{}
		one := newMaster(t, server, "one").start(t)
		pass(time.Minute)
		two := newMaster(t, server, "two").start(t)
		pass(time.Minute)
		write, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://server", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := one.Fence().Transport(unanswered{}).RoundTrip(write); err == nil {
			t.Fatal("the write was answered")
		}
		one.stop()
		if err := <-one.result; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		stopped := time.Now()
		if got := server.holder(); got != "one" {
			t.Errorf("holder after the stop = %q, want one until the lease expires", got)
		}
		for two.CanWrite() != nil {
			pass(10 * time.Millisecond)
		}
		c := DefaultConfiguration()
		if got, least := time.Since(stopped), c.LeaseDuration.Duration-c.RetryPeriod.Duration; got < least {
			t.Errorf("the next leader took over after %v, want the rest of the lease, at least %v", got, least)
		}
		two.stop()
		<-two.result
	})
}
