// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !wasip1

package sdk

import (
	"context"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

// alone says that one goroutine at a time uses a resource, which natively it
// does not: tests run at once.
const alone = false

// host is where the operations of a native instance go.
type host struct {
	operator abi.Operator
	clock    func() time.Time
}

func (h *host) now() time.Time { return h.clock() }

func defaultInstance() *instance {
	panic("sdk: the context does not come from a reconcile; in a test, take it from sdktest")
}

func (in *instance) operate(ctx context.Context, op abi.Operation, request []byte) answer {
	status, result := in.host.operator.Operate(ctx, op, request, nil)
	return answer{status, result}
}

func (in *instance) get(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpGet, request)
}

func (in *instance) list(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpList, request)
}

func (in *instance) create(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpCreate, request)
}

func (in *instance) update(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpUpdate, request)
}

func (in *instance) patch(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpPatch, request)
}

func (in *instance) apply(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpApply, request)
}

func (in *instance) delete(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpDelete, request)
}

func (in *instance) deleteCollection(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpDeleteCollection, request)
}

func (in *instance) event(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpEvent, request)
}

func (in *instance) log(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpLog, request)
}

func (in *instance) metric(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpMetric, request)
}

func (in *instance) http(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpHTTP, request)
}

func (in *instance) sign(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpSign, request)
}

func (in *instance) discover(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpDiscover, request)
}

func (in *instance) batch(ctx context.Context, request []byte) answer {
	return in.operate(ctx, abi.OpBatch, request)
}

func (in *instance) logEnabled(ctx context.Context, level abi.Level) bool {
	return in.host.operator.LogEnabled(ctx, level)
}
