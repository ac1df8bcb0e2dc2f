// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// TestNewNamespace: a namespace has what pods need, and has it again.
func TestNewNamespace(t *testing.T) {
	o := operate(t)
	authorities, err := os.ReadFile(cluster.Plane.PKI("ca.crt"))
	o.must(err)
	check := func() {
		o.Helper()
		o.eventually(func() string {
			bundle, err := o.CoreV1().ConfigMaps(o.namespace).Get(o.Context(), "kube-root-ca.crt", metav1.GetOptions{})
			if err == nil && bundle.Data["ca.crt"] != string(authorities) {
				return "ca.crt of kube-root-ca.crt has not the certificates of the control plane"
			}
			return missing("kube-root-ca.crt", err)
		})
		o.eventually(func() string {
			_, err := o.CoreV1().ServiceAccounts(o.namespace).Get(o.Context(), "default", metav1.GetOptions{})
			return missing("the ServiceAccount default", err)
		})
	}
	check()
	o.must(o.CoreV1().ConfigMaps(o.namespace).Delete(o.Context(), "kube-root-ca.crt", metav1.DeleteOptions{}))
	o.must(o.CoreV1().ServiceAccounts(o.namespace).Delete(o.Context(), "default", metav1.DeleteOptions{}))
	check()
}

// TestTokenSecret: a Secret for a token gets one, by which the API server knows
// the account, and goes with it.
func TestTokenSecret(t *testing.T) {
	o := operate(t)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}
	_, err := o.CoreV1().ServiceAccounts(o.namespace).Create(o.Context(), account, metav1.CreateOptions{})
	o.must(err)
	_, err = o.CoreV1().Secrets(o.namespace).Create(o.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "robot-token", Annotations: map[string]string{corev1.ServiceAccountNameKey: account.Name}},
		Type:       corev1.SecretTypeServiceAccountToken,
	}, metav1.CreateOptions{})
	o.must(err)
	var token string
	o.eventually(func() string {
		secret, err := o.CoreV1().Secrets(o.namespace).Get(o.Context(), "robot-token", metav1.GetOptions{})
		if err == nil && len(secret.Data[corev1.ServiceAccountTokenKey]) == 0 {
			return "the Secret has no token"
		}
		if err == nil {
			token = string(secret.Data[corev1.ServiceAccountTokenKey])
		}
		return missing("the Secret", err)
	})
	o.eventually(func() string { // API servers learn of accounts in their own time
		if got, want := o.whoIs(token), "system:serviceaccount:"+o.namespace+":robot"; got != want {
			return "the API server knows the token as " + got + ", want " + want
		}
		return ""
	})
	o.must(o.CoreV1().ServiceAccounts(o.namespace).Delete(o.Context(), account.Name, metav1.DeleteOptions{}))
	o.eventually(func() string {
		_, err := o.CoreV1().Secrets(o.namespace).Get(o.Context(), "robot-token", metav1.GetOptions{})
		return gone("the Secret of the account that is gone", err)
	})
}

// whoIs asks the API server as whoever has the token, as kubectl auth whoami.
func (o *operator) whoIs(token string) string {
	config := rest.AnonymousClientConfig(cluster.Plane.RESTConfig())
	config.BearerToken = token
	review, err := kubernetes.NewForConfigOrDie(config).AuthenticationV1().SelfSubjectReviews().
		Create(o.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return err.Error()
	}
	return review.Status.UserInfo.Username
}
