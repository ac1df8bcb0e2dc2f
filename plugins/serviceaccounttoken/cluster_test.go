// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccounttoken

import (
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/hosttest"
	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
	"github.com/wasm-controller-manager/wcm/host/hosttest/stage"
	"github.com/wasm-controller-manager/wcm/host/sign"
)

// TestToken has a real API server believe a token of the controller, for as long
// as its account exists.
func TestToken(t *testing.T) {
	c := stage.Start(t, stage.Options{
		Controllers: map[string]string{"serviceaccounttoken": "settings: {rootCA: the-root}"},
		Keys: []sign.Source{{
			Name: "service-account", File: controlplane.Shared(t).PKI("sa.key"), Issuers: []string{"kubernetes/serviceaccount"},
		}},
	})
	ctx := t.Context()
	account := &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "robot"}, Secrets: []corev1.ObjectReference{{Name: "extra"}, {Name: "robot-token"}},
	}
	if _, err := c.CoreV1().ServiceAccounts(c.Namespace).Create(ctx, account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"robot-token", "extra"} {
		secret := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{corev1.ServiceAccountNameKey: "robot"}},
			Type:       corev1.SecretTypeServiceAccountToken,
		}
		if _, err := c.CoreV1().Secrets(c.Namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	config := rest.AnonymousClientConfig(c.Plane.RESTConfig())
	config.BearerToken = token(t, c, "robot-token")
	review, err := kubernetes.NewForConfigOrDie(config).AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("call with the token: %v", err)
	}
	if got, want := review.Status.UserInfo.Username, "system:serviceaccount:"+c.Namespace+":robot"; got != want {
		t.Errorf("user of the token: got %s, want %s", got, want)
	}

	if err := c.CoreV1().Secrets(c.Namespace).Delete(ctx, "extra", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, func() string {
		account, err := c.CoreV1().ServiceAccounts(c.Namespace).Get(ctx, "robot", metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if len(account.Secrets) != 1 || account.Secrets[0].Name != "robot-token" {
			return "the account still names the deleted Secret"
		}
		return ""
	})

	if err := c.CoreV1().ServiceAccounts(c.Namespace).Delete(ctx, "robot", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	hosttest.Eventually(t, func() string {
		secrets, err := c.CoreV1().Secrets(c.Namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err.Error()
		}
		if len(secrets.Items) > 0 {
			return "the token outlives its account"
		}
		return ""
	})
}

// token returns the token in a Secret, when it is there.
func token(t *testing.T, c *stage.Stage, name string) string {
	t.Helper()
	var token string
	hosttest.Eventually(t, func() string {
		secret, err := c.CoreV1().Secrets(c.Namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if token = string(secret.Data[corev1.ServiceAccountTokenKey]); token == "" || string(secret.Data[corev1.ServiceAccountRootCAKey]) != "the-root" {
			return "the Secret is not filled"
		}
		return ""
	})
	return token
}
