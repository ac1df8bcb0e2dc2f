// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// managedBy is how people find the accounts that we created.
var managedBy = map[string]string{"app.kubernetes.io/managed-by": "wasm-controller-manager"}

// request asks for a token, and creates the account if there is none.
func (s *Source) request() (token, error) {
	ctx, cancel := context.WithTimeoutCause(s.ctx, requestTimeout, fmt.Errorf("no answer of the API server within %v", requestTimeout))
	defer cancel()
	t, err := s.requestToken(ctx)
	if apierrors.IsNotFound(err) {
		if err = s.createAccount(ctx); err == nil {
			t, err = s.requestToken(ctx)
		}
	}
	if err == nil {
		return t, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx) // and not a deadline of the request that needs the token
	}
	return token{}, s.error(err)
}

func (s *Source) requestToken(ctx context.Context) (token, error) {
	asked, seconds := time.Now(), int64(lifetime/time.Second)
	answer, err := s.Tokens.ServiceAccounts(s.Namespace).CreateToken(ctx, s.Name, &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds},
	}, metav1.CreateOptions{})
	if err != nil {
		return token{}, err
	}
	if answer.Status.Token == "" {
		return token{}, errors.New("the API server's answer has no token")
	}
	life := lifetime
	if given := answer.Spec.ExpirationSeconds; given != nil {
		life = min(life, time.Duration(*given)*time.Second)
	}
	return newToken(answer.Status.Token, asked, life), nil
}

func (s *Source) createAccount(ctx context.Context) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name, Labels: managedBy}}
	_, err := s.Accounts.ServiceAccounts(s.Namespace).Create(ctx, account, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) { // another host may have been quicker
		return fmt.Errorf("create the account: %w", err)
	}
	return nil
}
