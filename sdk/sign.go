// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/sdk/internal/plan"
)

// JWT returns a JSON Web Token with the claims, signed by the host with the
// key. The claims are any value that is a JSON object: a struct, a map, [Raw].
// The host adds none, so set iss, sub and exp.
func (k *SigningKey) JWT(ctx context.Context, claims any) (string, error) {
	m := abi.SignRequest{Key: k.name, Kind: abi.SignJWT}
	var err error
	if m.Payload, err = plan.AppendJSON(nil, claims); err != nil {
		return "", &APIError{Operation: abi.OpSign, Status: abi.StatusBadRequest, Message: err.Error()}
	}
	answer := instanceFrom(ctx).sign(ctx, m.Append(nil))
	if answer.status != abi.StatusOK {
		return "", answer.failure(abi.OpSign, nil, Key{})
	}
	var result abi.SignResult
	if err := result.Decode(answer.b); err != nil {
		return "", &APIError{Operation: abi.OpSign, Status: abi.StatusInternal, Message: err.Error()}
	}
	return string(result.Signed), nil
}
