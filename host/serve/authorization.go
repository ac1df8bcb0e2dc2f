// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/path"
	"k8s.io/client-go/kubernetes"
)

// AuthorizationOptions say who may ask for what.
type AuthorizationOptions struct {
	// Kubeconfig leads to the API server that reviews access; empty means as in
	// [AuthenticationOptions], and if there is none all other paths are forbidden.
	Kubeconfig       string
	AlwaysAllowPaths []string      // for everybody; a trailing * stands for anything
	AllowedTTL       time.Duration // for which a granted access is remembered
	DeniedTTL        time.Duration // for which a refused access is remembered
}

func defaultAuthorizationOptions() AuthorizationOptions {
	return AuthorizationOptions{
		AlwaysAllowPaths: []string{"/healthz", "/readyz", "/livez"},
		AllowedTTL:       10 * time.Second,
		DeniedTTL:        10 * time.Second,
	}
}

func (o *AuthorizationOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Kubeconfig, "authorization-kubeconfig", o.Kubeconfig,
		"kubeconfig of a user who may create subjectaccessreviews. If empty, only --authorization-always-allow-paths are served, unless the process runs in a cluster.")
	f.StringSliceVar(&o.AlwaysAllowPaths, "authorization-always-allow-paths", o.AlwaysAllowPaths,
		"Paths that everybody may ask for.")
	f.DurationVar(&o.AllowedTTL, "authorization-webhook-cache-authorized-ttl", o.AllowedTTL,
		"How long a granted access is remembered.")
	f.DurationVar(&o.DeniedTTL, "authorization-webhook-cache-unauthorized-ttl", o.DeniedTTL,
		"How long a refused access is remembered.")
}

// authorizer returns what decides on a request; client may be nil.
func (o *AuthorizationOptions) authorizer(client kubernetes.Interface) (*access, error) {
	open, err := path.NewAuthorizer(o.AlwaysAllowPaths)
	if err != nil {
		return nil, fmt.Errorf("--authorization-always-allow-paths: %w", err)
	}
	return &access{open: open, options: o, client: client, answers: cache.NewLRUExpireCache(rememberedAnswers)}, nil
}

// rememberedAnswers bounds the memory that strangers can make us use.
const rememberedAnswers = 1024

// access decides who may ask for what.
type access struct {
	open    authorizer.Authorizer
	options *AuthorizationOptions
	client  kubernetes.Interface
	answers *cache.LRUExpireCache // from key of the question to bool
}

func (a *access) allowed(ctx context.Context, who user.Info, verb, urlPath string) (bool, error) {
	decision, _, err := a.open.Authorize(ctx, authorizer.AttributesRecord{User: who, Verb: verb, Path: urlPath})
	if err != nil || decision == authorizer.DecisionAllow {
		return err == nil, err
	}
	if a.client == nil {
		return false, nil
	}
	question := fmt.Sprintf("%q %q %q %q %q %q", who.GetName(), who.GetUID(), who.GetGroups(), who.GetExtra(), verb, urlPath)
	if answer, ok := a.answers.Get(question); ok {
		return answer.(bool), nil
	}
	allowed, err := a.review(ctx, who, verb, urlPath)
	if err != nil {
		return false, fmt.Errorf("review access: %w", err)
	}
	ttl := a.options.DeniedTTL
	if allowed {
		ttl = a.options.AllowedTTL
	}
	if len(question) < longestQuestion {
		a.answers.Add(question, allowed, ttl)
	}
	return allowed, nil
}

// longestQuestion bounds what one remembered answer takes.
const longestQuestion = 10_000

// review lets the API server decide.
func (a *access) review(ctx context.Context, who user.Info, verb, urlPath string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	extra := map[string]authorizationv1.ExtraValue{}
	for key, values := range who.GetExtra() {
		extra[key] = values
	}
	review, err := a.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: who.GetName(), UID: who.GetUID(), Groups: who.GetGroups(), Extra: extra,
			NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: urlPath, Verb: strings.ToLower(verb)},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed && !review.Status.Denied, nil
}
