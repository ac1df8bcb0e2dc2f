// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

const (
	maxAhead = 1 << 20 // most memory that an answer gets for what it says is its size
	maxText  = 2 << 10 // most of an answer in a proxy's own words that goes into an error
)

// readBody reads the body of an answer and closes it.
func readBody(response *http.Response) ([]byte, error) {
	defer func() { _ = response.Body.Close() }()
	var b bytes.Buffer
	// A reader tells the end only when it is asked for more.
	b.Grow(int(min(max(response.ContentLength, 0), maxAhead)) + bytes.MinRead)
	if _, err := b.ReadFrom(response.Body); err != nil {
		return nil, fmt.Errorf("read the answer of the API server: %w", err)
	}
	return b.Bytes(), nil
}

// discard ends an answer that is not needed, so that HTTP/1 can use its
// connection again.
func discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, maxText)
	_ = response.Body.Close()
}

// sendAgain reports whether the server had no capacity for a write and asks for
// it once more, after a pause.
func sendAgain(response *http.Response) (pause time.Duration, asked bool) {
	if response.StatusCode != http.StatusTooManyRequests && response.StatusCode < http.StatusInternalServerError {
		return 0, false
	}
	return retryAfter(response)
}

// retryAfter returns the time after which the server wants to be asked again.
func retryAfter(response *http.Response) (pause time.Duration, known bool) {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, err == nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refusal is the error of an answer: the Status in it, or else what its code says.
func refusal(method string, response *http.Response, body []byte) error {
	contentType := response.Header.Get("Content-Type")
	text := strings.HasPrefix(contentType, "text/")
	if !text && len(body) > 0 {
		decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, &schema.GroupVersionKind{Version: "v1"}, nil)
		if status, ok := decoded.(*metav1.Status); err == nil && ok && status.Status == metav1.StatusFailure {
			return apierrors.FromObject(status)
		}
	}
	message := "unknown"
	if text || contentType == "" {
		message = strings.TrimSpace(string(body[:min(len(body), maxText)]))
	}
	pause, _ := retryAfter(response)
	return apierrors.NewGenericServerResponse(response.StatusCode, method, schema.GroupResource{}, "", message, int(pause.Seconds()), true)
}
