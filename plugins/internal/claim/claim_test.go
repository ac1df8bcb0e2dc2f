// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package claim

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

var (
	web  = sdk.SelectorOf(sdk.Labels{{Key: "app", Value: "web"}})
	past = sdk.NewTime(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
)

func selecting(labels sdk.Labels) *sdk.Selector {
	s := sdk.SelectorOf(labels)
	return &s
}

// pod returns a child that the selector matches, changed by edit.
func pod(name string, edit ...func(*sdk.Metadata)) *sdk.Metadata {
	p := &sdk.Metadata{Header: sdk.Header{Namespace: "default", Name: name, UID: "uid-" + name}}
	p.Labels = sdk.Labels{{Key: "app", Value: "web"}}
	for _, e := range edit {
		e(p)
	}
	return p
}

func labeled(l sdk.Labels) func(*sdk.Metadata) { return func(p *sdk.Metadata) { p.Labels = l } }

func ownedBy(uid string, controller bool) func(*sdk.Metadata) {
	return func(p *sdk.Metadata) {
		p.OwnerReferences = append(p.OwnerReferences, sdk.OwnerReference{
			APIVersion: "v1", Kind: "ReplicationController", Name: "web", UID: uid, Controller: controller,
		})
	}
}

func TestJudge(t *testing.T) {
	other := labeled(sdk.Labels{{Key: "app", Value: "db"}})
	tests := map[string]struct {
		reason        string
		pod           *sdk.Metadata
		deleting      bool
		otherSelector *sdk.Selector // nil: app=web
		want          verdict
	}{
		"Ours":           {reason: "owner and labels fit", pod: pod("a", ownedBy("uid-rc", true)), want: keep},
		"OursOfDeleting": {reason: "a dying controller still counts its pods", pod: pod("a", ownedBy("uid-rc", true)), deleting: true, want: keep},
		"Orphan":         {reason: "no controller owns it and the labels fit", pod: pod("a"), want: adopt},
		"OwnedNotControlled": {
			reason: "an owner that is not the controller leaves the pod to be adopted",
			pod:    pod("a", ownedBy("uid-other", false)), want: adopt,
		},
		"OrphanOfDeleting": {reason: "a dying controller adopts nothing", pod: pod("a"), deleting: true, want: ignore},
		"Foreign":          {reason: "somebody else's pod stays that, whatever its labels", pod: pod("a", ownedBy("uid-other", true)), want: ignore},
		"Namesake": {
			reason: "the uid decides: the owner was an object of the same name",
			pod:    pod("a", ownedBy("uid-old", true)), want: ignore,
		},
		"Relabeled":           {reason: "somebody took it out by its label", pod: pod("a", ownedBy("uid-rc", true), other), want: release},
		"RelabeledOfDeleting": {reason: "a dying controller releases nothing", pod: pod("a", ownedBy("uid-rc", true), other), deleting: true, want: ignore},
		"Unrelated":           {reason: "neither owner nor labels", pod: pod("a", other), want: ignore},
		"MoreLabels": {
			reason: "labels beside the selector's do not matter",
			pod:    pod("a", labeled(sdk.Labels{{Key: "app", Value: "web"}, {Key: "x", Value: "y"}})), want: adopt,
		},
		"OrphanGoing": {
			reason: "an orphan on its way out is left alone",
			pod:    pod("a", func(p *sdk.Metadata) { p.DeletionTimestamp = past }), want: ignore,
		},
		"NoSelector": {
			reason: "a selector without requirements selects nothing here",
			pod:    pod("a"), otherSelector: selecting(nil), want: ignore,
		},
		"EmptyValue": {
			reason: "a label that is absent is not one with an empty value",
			pod:    pod("a", labeled(nil)), otherSelector: selecting(sdk.Labels{{Key: "app"}}), want: ignore,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			owner := &sdk.Metadata{Header: sdk.Header{Namespace: "default", Name: "web", UID: "uid-rc"}}
			if tt.deleting {
				owner.DeletionTimestamp = past
			}
			c := &Claimer[sdk.Metadata]{Owner: owner, Selector: web}
			if tt.otherSelector != nil {
				c.Selector = *tt.otherSelector
			}
			if got := c.judge(tt.pod); got != tt.want {
				t.Errorf("%s: judge(pod with labels %v, owners %v) = %d, want %d",
					tt.reason, tt.pod.Labels, tt.pod.OwnerReferences, got, tt.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	broken := errors.New("no answer")
	owner := &sdk.Metadata{Header: sdk.Header{Namespace: "default", Name: "web", UID: "uid-rc"}}
	tests := map[string]struct {
		live *sdk.Metadata
		err  error
		want error
	}{
		"Lives":    {live: owner},
		"Replaced": {live: &sdk.Metadata{Header: sdk.Header{UID: "another"}}, want: ErrReplaced},
		"Deleted":  {live: &sdk.Metadata{Header: sdk.Header{UID: "uid-rc"}, DeletionTimestamp: past}, want: ErrDeleted},
		"NoAnswer": {err: broken, want: broken},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := &Claimer[sdk.Metadata]{Owner: owner, Live: func(context.Context) (*sdk.Metadata, error) { return tt.live, tt.err }}
			if err := c.check(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("check: got %v, want %v", err, tt.want)
			}
		})
	}
}
