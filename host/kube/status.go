// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/limit"
)

// StatusOf says what an error of a [Client] is for a guest. It is pure.
func StatusOf(err error) (abi.Status, abi.Error) {
	if err == nil {
		return abi.StatusOK, abi.Error{}
	}
	if errors.Is(err, fence.ErrNotLeader) {
		return abi.StatusNotLeader, abi.Error{Message: err.Error()}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return abi.StatusCanceled, abi.Error{Message: err.Error()}
	}
	if throttled, ok := errors.AsType[*limit.ThrottledError](err); ok {
		seconds := uint32(min(math.Ceil(throttled.RetryAfter.Seconds()), math.MaxUint32))
		return abi.StatusTooManyRequests, abi.Error{Message: throttled.Error(), RetryAfterSeconds: seconds}
	}
	if _, unsent := errors.AsType[*RequestError](err); unsent {
		return abi.StatusBadRequest, abi.Error{Message: err.Error()}
	}
	var status apierrors.APIStatus
	_, transport := errors.AsType[*url.Error](err)
	// What a transport wraps, the refusal of a token for example, is no answer to
	// this request.
	if transport || !errors.As(err, &status) {
		return abi.StatusUnavailable, abi.Error{Message: err.Error()}
	}
	s := status.Status()
	answer := abi.Error{Message: s.Message, Reason: string(s.Reason)}
	if s.Details != nil {
		answer.RetryAfterSeconds = uint32(max(s.Details.RetryAfterSeconds, 0))
		for _, cause := range s.Details.Causes {
			if cause.Type != "" && !slices.Contains(answer.Causes, string(cause.Type)) {
				answer.Causes = append(answer.Causes, string(cause.Type))
			}
		}
	}
	return statusOfReason(s.Reason, s.Code), answer
}

var statusByReason = map[metav1.StatusReason]abi.Status{
	metav1.StatusReasonNotFound:         abi.StatusNotFound,
	metav1.StatusReasonAlreadyExists:    abi.StatusAlreadyExists,
	metav1.StatusReasonConflict:         abi.StatusConflict,
	metav1.StatusReasonInvalid:          abi.StatusInvalid,
	metav1.StatusReasonForbidden:        abi.StatusForbidden,
	metav1.StatusReasonUnauthorized:     abi.StatusForbidden,
	metav1.StatusReasonTooManyRequests:  abi.StatusTooManyRequests,
	metav1.StatusReasonServerTimeout:    abi.StatusUnavailable,
	metav1.StatusReasonTimeout:          abi.StatusUnavailable,
	metav1.StatusReasonBadRequest:       abi.StatusBadRequest,
	metav1.StatusReasonMethodNotAllowed: abi.StatusUnsupported,
	metav1.StatusReasonExpired:          abi.StatusGone,
	metav1.StatusReasonGone:             abi.StatusGone,
}

// statusOfReason goes by the reason and, where an aggregated server or a proxy
// gave none, by the HTTP code.
func statusOfReason(reason metav1.StatusReason, code int32) abi.Status {
	if s, known := statusByReason[reason]; known {
		return s
	}
	switch {
	case code == http.StatusNotFound:
		return abi.StatusNotFound
	case code == http.StatusConflict:
		return abi.StatusConflict
	case code == http.StatusForbidden || code == http.StatusUnauthorized:
		return abi.StatusForbidden
	case code == http.StatusRequestEntityTooLarge:
		return abi.StatusTooLarge
	case code == http.StatusUnprocessableEntity:
		return abi.StatusInvalid
	case code >= 400 && code < 500:
		return abi.StatusBadRequest
	}
	return abi.StatusUnavailable
}
