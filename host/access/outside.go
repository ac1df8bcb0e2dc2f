// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"math"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/grant"
	"github.com/wasm-controller-manager/wcm/host/outside"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// Outside sends requests to servers other than the API server. The error is an
// [*outside.Error].
type Outside interface {
	Do(ctx context.Context, r *abi.HTTPRequest, check outside.Check) (*abi.HTTPResponse, error)
}

// Signer signs with keys that guests do not see. The error is a [*sign.Error],
// or one of the host.
type Signer interface {
	JWT(key string, claims []byte) (string, error)
}

func (o *Operator) http(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	var r abi.HTTPRequest
	if err := r.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	response, err := o.Outside.Do(ctx, &r, o.checkCall)
	if err == nil {
		return abi.StatusOK, response.Append(buffer)
	}
	failure, ok := errors.AsType[*outside.Error](err)
	switch {
	case !ok:
		return fail(buffer, abi.StatusInternal, err.Error())
	case failure.Status == abi.StatusDenied:
		return o.deny(ctx, buffer, abi.OpHTTP, "", err)
	}
	answer := abi.Error{Message: failure.Message, RetryAfterSeconds: uint32(math.Ceil(failure.RetryAfter.Seconds()))}
	return failure.Status, answer.Append(buffer)
}

// checkCall decides about one request to another server; each redirect is one
// more. What is not a read is a write, and for the leader alone.
func (o *Operator) checkCall(method string, to grant.Endpoint) error {
	if err := o.Policy.AllowHTTP(method, to); err != nil {
		return &outside.Error{Status: abi.StatusDenied, Message: err.Error()}
	}
	if outside.IsWrite(method) {
		if err := o.Leadership.CanWrite(); err != nil {
			return &outside.Error{Status: abi.StatusNotLeader, Message: err.Error()}
		}
	}
	if wait := o.Limits.HTTP.Take(); wait > 0 {
		return &outside.Error{
			Status: abi.StatusTooManyRequests, RetryAfter: wait,
			Message: "more requests than limits.httpRequestsPerSecond allows the plugin",
		}
	}
	return nil
}

func (o *Operator) sign(ctx context.Context, request, buffer []byte) (abi.Status, []byte) {
	var r abi.SignRequest
	if err := r.Decode(request); err != nil {
		return fail(buffer, abi.StatusBadRequest, err.Error())
	}
	if err := o.Policy.AllowSign(r.Key); err != nil {
		return o.deny(ctx, buffer, abi.OpSign, "", err)
	}
	if r.Kind != abi.SignJWT {
		return fail(buffer, abi.StatusUnsupported, "sign: the host signs JSON Web Tokens alone")
	}
	token, err := o.Signer.JWT(r.Key, r.Payload)
	if err == nil {
		result := abi.SignResult{Signed: []byte(token)}
		return abi.StatusOK, result.Append(buffer)
	}
	refusal, ok := errors.AsType[*sign.Error](err)
	switch {
	case !ok:
		return fail(buffer, abi.StatusInternal, err.Error())
	case refusal.Status == abi.StatusDenied:
		return o.deny(ctx, buffer, abi.OpSign, "", err)
	}
	return fail(buffer, refusal.Status, refusal.Message)
}
