// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestElection: a pod is the new leader's if it was made after the Lease named
// it, whichever of the two was seen first.
func TestElection(t *testing.T) {
	began := time.Now()
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	lease := func(holder string, version int) *coordinationv1.Lease {
		duration := int32(15)
		return &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{ResourceVersion: strconv.Itoa(version)},
			Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &duration},
		}
	}
	for _, podFirst := range []bool{false, true} {
		e := &election{}
		e.seeLease(lease("one", 10), at(0))
		e.seePod(pod{11, at(1)})
		e.seeLease(lease("one", 12), at(2))
		e.seePod(pod{13, at(3)}) // the last of the old leader
		if podFirst {
			e.seePod(pod{21, at(18)})
		}
		e.seeLease(lease("", 14), at(4))
		e.seeLease(lease("two", 20), at(17))
		if !podFirst {
			e.seePod(pod{21, at(18)})
		}
		e.seePod(pod{22, at(19)})
		if want := (term{over: at(17), led: at(17), wrote: at(18)}); e.term != want {
			t.Errorf("pod seen before the lease %v: got %+v, want %+v", podFirst, e.term, want)
		}
	}
}
