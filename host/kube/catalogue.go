// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	discoveryv2 "k8s.io/api/apidiscovery/v2"

	"github.com/wasm-controller-manager/wcm/abi"
)

// Catalogue remembers what the API server serves. It asks when it is asked, and
// so follows CustomResourceDefinitions and APIServices as far as its age says.
// It is safe for concurrent use; its zero value is not.
type Catalogue struct {
	age   time.Duration
	known chan edition // holds the one that there is, so that one asks and the others wait
}

// edition is what was served at a time.
type edition struct {
	asked     time.Time // when the requests were sent; zero: never
	discovery *abi.Discovery
}

// NewCatalogue returns a catalogue whose answers are not older than age.
func NewCatalogue(age time.Duration) *Catalogue {
	c := &Catalogue{age: age, known: make(chan edition, 1)}
	c.known <- edition{}
	return c
}

// Resources returns what the API server serves, asking through a client if what
// is known is too old, or older than this call if live is set. The result is
// shared and must not be changed.
func (c *Catalogue) Resources(ctx context.Context, through *Client, live bool) (*abi.Discovery, error) {
	oldest := time.Now()
	if !live {
		oldest = oldest.Add(-c.age)
	}
	var known edition
	select {
	case known = <-c.known:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { c.known <- known }()
	if known.discovery != nil && !known.asked.Before(oldest) {
		return known.discovery, nil
	}
	asked := time.Now()
	discovery, err := through.Resources(ctx)
	if err != nil {
		return nil, err
	}
	known = edition{asked, discovery}
	return discovery, nil
}

// acceptDiscovery is the media type of discovery in one answer, which API
// servers have since Kubernetes 1.27.
const acceptDiscovery = contentJSON + ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	contentJSON + ";g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

// Resources asks the API server what it serves.
func (c *Client) Resources(ctx context.Context) (*abi.Discovery, error) {
	d := &abi.Discovery{}
	for _, path := range []string{"/api", "/apis"} {
		body, err := raw(c.reads.Get().AbsPath(path).SetHeader("Accept", acceptDiscovery).Do(ctx))
		if err == nil {
			err = appendGroups(d, body)
		}
		if err != nil {
			return nil, fmt.Errorf("discover %s: %w", path, err)
		}
	}
	return d, nil
}

// appendGroups adds what an answer has. The versions of a group stand in the
// order of preference.
func appendGroups(d *abi.Discovery, body []byte) error {
	var list discoveryv2.APIGroupDiscoveryList
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	if list.Kind != "APIGroupDiscoveryList" {
		return errors.New("the API server does not discover in one answer, as those of Kubernetes 1.27 and later do")
	}
	for i := range list.Items {
		group := &list.Items[i]
		seen := map[string]bool{}
		for j := range group.Versions {
			appendVersion(d, group.Name, &group.Versions[j], seen)
		}
	}
	return nil
}

func appendVersion(d *abi.Discovery, group string, version *discoveryv2.APIVersionDiscovery, seen map[string]bool) {
	if version.Freshness == discoveryv2.DiscoveryFreshnessStale {
		d.Failed = append(d.Failed, strings.TrimPrefix(group+"/"+version.Version, "/"))
		return
	}
	for i := range version.Resources {
		r := &version.Resources[i]
		if r.ResponseKind == nil || len(r.Verbs) == 0 { // there for its subresources alone
			continue
		}
		d.Resources = append(d.Resources, abi.APIResource{
			Group: group, Version: version.Version, Resource: r.Resource, Kind: r.ResponseKind.Kind,
			Namespaced: r.Scope == discoveryv2.ScopeNamespace, Verbs: slices.Sorted(slices.Values(r.Verbs)),
			Preferred: !seen[r.Resource],
		})
		seen[r.Resource] = true
	}
}
