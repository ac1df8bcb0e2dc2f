// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"bytes"
	"encoding/base64"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk"
)

func (e *Env) http(m *abi.HTTPRequest, buffer []byte) ([]byte, error) {
	if e.OnHTTP == nil {
		return nil, &sdk.APIError{Status: abi.StatusUnavailable, Message: "sdktest has no servers: set Env.OnHTTP"}
	}
	request := sdk.HTTPRequest{Method: m.Method, URL: m.URL, Body: bytes.Clone(m.Body), Timeout: m.Timeout}
	if request.Method == "" {
		request.Method = "GET"
	}
	for _, h := range m.Headers {
		request.Headers = append(request.Headers, sdk.HTTPHeader{Name: h.Key, Value: h.Value})
	}
	response, err := e.OnHTTP(request)
	if err != nil {
		return nil, err
	}
	answer := abi.HTTPResponse{Status: uint32(response.Status), Body: response.Body}
	for _, h := range response.Headers {
		answer.Headers = append(answer.Headers, abi.Pair{Key: h.Name, Value: h.Value})
	}
	return answer.Append(buffer), nil
}

// sign makes a token that says which key should have signed it, and is not
// signed.
func (e *Env) sign(m *abi.SignRequest, buffer []byte) ([]byte, error) {
	if m.Kind != abi.SignJWT {
		return nil, &sdk.APIError{Status: abi.StatusUnsupported, Message: "sdktest signs JSON Web Tokens alone"}
	}
	if err := e.hook(Operation{Op: abi.OpSign, Resource: m.Key, Body: string(m.Payload)}); err != nil {
		return nil, err
	}
	header := Object{"alg": "none", "kid": m.Key}.JSON()
	token := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(m.Payload) + "."
	answer := abi.SignResult{Signed: []byte(token)}
	return answer.Append(buffer), nil
}
