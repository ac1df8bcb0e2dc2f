// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
	"github.com/wasm-controller-manager/wcm/sdk/testdata/widgets"
)

func TestHTTP(t *testing.T) {
	env := sdktest.New(t)
	ctx := env.Context()
	if _, err := widgets.Site.Do(ctx, sdk.HTTPRequest{URL: "/"}); !sdk.IsUnavailable(err) {
		t.Errorf("without OnHTTP: got error %v, want unavailable", err)
	}
	var got sdk.HTTPRequest
	answer := &sdk.HTTPResponse{Status: 404, Headers: []sdk.HTTPHeader{{Name: "Content-Type", Value: "text/plain"}}, Body: []byte("none")}
	env.OnHTTP = func(r sdk.HTTPRequest) (*sdk.HTTPResponse, error) {
		got = r
		return answer, nil
	}
	sent := sdk.HTTPRequest{
		Method: "POST", URL: "/pages?draft=1", Body: []byte("{}"), Timeout: time.Second,
		Headers: []sdk.HTTPHeader{{Name: "Accept", Value: "text/plain"}},
	}
	response, err := widgets.Site.Do(ctx, sent)
	if err != nil {
		t.Fatal(err)
	}
	sent.URL = "https://example.org/pages?draft=1"
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("request (-sent +got):\n%s", diff)
	}
	if diff := cmp.Diff(answer, response); diff != "" || response.Header("content-type") != "text/plain" || response.Header("Date") != "" {
		t.Errorf("response (-answer +got):\n%s", diff)
	}
	if _, err := widgets.Site.Do(ctx, sdk.HTTPRequest{URL: "https://www.example.org"}); err != nil || got.Method+" "+got.URL != "GET https://www.example.org" {
		t.Errorf("an absolute URL: got %s %s, %v", got.Method, got.URL, err)
	}
	env.OnHTTP = func(sdk.HTTPRequest) (*sdk.HTTPResponse, error) {
		return nil, &sdk.APIError{Status: abi.StatusTooManyRequests, RetryAfter: 3 * time.Second}
	}
	_, err = widgets.Site.Do(ctx, sdk.HTTPRequest{})
	if failure := (*sdk.APIError)(nil); !errors.As(err, &failure) || failure.Operation != abi.OpHTTP || failure.RetryAfter != 3*time.Second {
		t.Errorf("got error %+v, want too_many_requests after 3s", err)
	}
}

func TestJWT(t *testing.T) {
	env := sdktest.New(t)
	ctx := env.Context()
	claims := struct {
		Issuer  string `json:"iss"`
		Subject string `json:"sub"`
	}{"me", "you"}
	token, err := widgets.Key.JWT(ctx, claims)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if want := `{"alg":"none","kid":"widgets"} {"iss":"me","sub":"you"}`; string(header)+" "+string(payload) != want || len(parts) != 3 {
		t.Errorf("token: got %s %s, want %s", header, payload, want)
	}
	env.OnOperation = func(o sdktest.Operation) error {
		if o.Op == abi.OpSign && o.Resource == "widgets" && o.Body == `{"iss":"me","sub":"you"}` {
			return &sdk.APIError{Status: abi.StatusDenied}
		}
		return nil
	}
	if _, err := widgets.Key.JWT(ctx, claims); !sdk.IsDenied(err) {
		t.Errorf("got error %v, want denied", err)
	}
	if _, err := widgets.Key.JWT(ctx, func() {}); sdk.StatusOf(err) != abi.StatusBadRequest {
		t.Errorf("claims that are no JSON: got error %v, want bad_request", err)
	}
}
