// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package elect

import (
	"context"
	"sync/atomic"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1client "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// partition is a connection to the API server that can be cut.
type partition struct {
	*leases
	cut atomic.Bool
}

func (p *partition) Leases(string) coordinationv1client.LeaseInterface { return p }

func (p *partition) Get(ctx context.Context, name string, o metav1.GetOptions) (*coordinationv1.Lease, error) {
	if p.cut.Load() {
		return nil, errDown
	}
	return p.leases.Get(ctx, name, o)
}

func (p *partition) Create(ctx context.Context, l *coordinationv1.Lease, o metav1.CreateOptions) (*coordinationv1.Lease, error) {
	if p.cut.Load() {
		return nil, errDown
	}
	return p.leases.Create(ctx, l, o)
}

func (p *partition) Update(ctx context.Context, l *coordinationv1.Lease, o metav1.UpdateOptions) (*coordinationv1.Lease, error) {
	if p.cut.Load() {
		return nil, errDown
	}
	return p.leases.Update(ctx, l, o)
}
