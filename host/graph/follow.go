// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/abi"
)

const (
	// lookInterval is how often the graph looks which resources there are.
	lookInterval = 30 * time.Second
	// firstLook is how soon it looks after a resource was said to come or go; it
	// takes the API server a moment to serve it, so it looks again, each time
	// after twice the time.
	firstLook = 250 * time.Millisecond
)

// needed are the verbs without which a resource is none for the graph.
var needed = []string{"delete", "get", "list", "watch"}

// Follow opens the resources that discover finds, and closes those that are gone,
// until ctx is done; then it closes all. It is called once.
func (g *Graph) Follow(ctx context.Context, discover func(context.Context) (*abi.Discovery, error)) {
	defer g.closeAll()
	news := make(chan struct{}, 1)
	trigger := func() {
		select {
		case news <- struct{}{}:
		default:
		}
	}
	pause, first := lookInterval, true
	for ctx.Err() == nil {
		found, err := discover(ctx)
		if err != nil {
			g.Logger.Warn("Resources cannot be discovered", "error", err)
		} else {
			g.become(found, trigger)
			if first {
				close(g.complete)
			}
			first = false
		}
		timer := time.NewTimer(min(pause, lookInterval))
		select {
		case <-ctx.Done():
		case <-timer.C:
			pause = min(2*pause, lookInterval)
		case <-news:
			pause = firstLook
			wait(ctx, firstLook) // several often come together
		}
		timer.Stop()
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// become opens and closes resources until they are those that were found.
func (g *Graph) become(found *abi.Discovery, trigger func()) {
	g.following.Lock()
	defer g.following.Unlock()
	opens, closes := plan(g.resources, found)
	for _, n := range closes {
		r := g.resources[n]
		delete(g.resources, n)
		r.close()
		g.forget(r)
	}
	for n, r := range opens {
		var tells func()
		if n == (name{"apiextensions.k8s.io", "customresourcedefinitions"}) || n == (name{"apiregistration.k8s.io", "apiservices"}) {
			tells = trigger
		}
		if err := g.add(r, tells); err != nil {
			g.Logger.Error("Resource is not watched", "resource", n.resource, "group", n.group, "error", err)
		}
	}
}

// plan compares the open resources with those that were found. One that is served
// in another way is closed and opened; what is not known may be as it was.
func plan(open map[name]*resource, found *abi.Discovery) (opens map[name]*abi.APIResource, closes []name) {
	opens = map[name]*abi.APIResource{}
	for i := range found.Resources {
		r := &found.Resources[i]
		if r.Preferred && suits(r) {
			opens[name{r.Group, r.Resource}] = r
		}
	}
	for n, r := range open {
		if now := opens[n]; failed(found, n.group) || now != nil && r.is(now) {
			delete(opens, n)
			continue
		}
		closes = append(closes, n)
	}
	return opens, closes
}

// suits reports whether the objects of a resource can own and be owned. Events are
// many, short-lived and owned by nobody.
func suits(r *abi.APIResource) bool {
	if r.Resource == "events" && (r.Group == "" || r.Group == "events.k8s.io") {
		return false
	}
	return !slices.ContainsFunc(needed, func(verb string) bool { return !slices.Contains(r.Verbs, verb) })
}

// failed reports whether a group could not be discovered, in whole or in part.
func failed(found *abi.Discovery, group string) bool {
	return slices.ContainsFunc(found.Failed, func(version string) bool {
		of, _, grouped := strings.Cut(version, "/")
		return grouped && of == group || !grouped && group == ""
	})
}

func (g *Graph) closeAll() {
	g.following.Lock()
	defer g.following.Unlock()
	for n, r := range g.resources {
		delete(g.resources, n)
		r.close()
	}
}
