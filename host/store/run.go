// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// The waits before a reflector starts over.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 30 * time.Second
	// missingRetry bounds how late a resource is noticed that appears.
	missingRetry = 3 * time.Second
	// quiet is how long a reflector must have run for its failures to be forgotten.
	quiet = time.Minute
)

// run keeps the generation's table up to date until ctx is done or the
// generation is stopped.
func (g *generation) run(ctx context.Context, config *rest.Config, client *http.Client) {
	ctx, cancel := context.WithCancel(ctx)
	watching := make(chan struct{}) // closed when the goroutine below has ended
	defer func() { cancel(); <-watching }()
	go func() {
		defer close(watching)
		select {
		case <-g.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	reflector, err := g.reflector(config, client)
	if err != nil {
		g.failed(err)
		return
	}
	delay := firstRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := reflector.ListAndWatchWithContext(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !expired(err) {
			g.failed(err)
		}
		if time.Since(began) > quiet {
			delay = firstRetry
		}
		pause(ctx, jitter(delay))
		delay = nextDelay(delay, err)
	}
}

func nextDelay(delay time.Duration, err error) time.Duration {
	longest := lastRetry
	if apierrors.IsNotFound(err) {
		longest = missingRetry
	}
	return min(2*delay, longest)
}

// jitter keeps the reflectors of many resources, and many hosts, apart.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (g *generation) reflector(config *rest.Config, client *http.Client) (*cache.Reflector, error) {
	inf := g.informer
	config = rest.CopyConfig(config)
	gv := inf.resource.GroupVersion()
	config.GroupVersion, config.APIPath = &gv, "/apis"
	if gv.Group == "" {
		config.APIPath = "/api"
	}
	base, path, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	content := rest.ClientContentConfig{
		AcceptContentTypes: g.layout.accept(partialObject),
		ContentType:        runtime.ContentTypeJSON,
		GroupVersion:       gv,
		Negotiator:         negotiator{g.layout},
	}
	api, err := rest.NewRESTClient(base, path, content, nil, client)
	if err != nil {
		return nil, err
	}
	source := &source{generation: g, api: api, warnings: config.WarningHandlerWithContext}
	listWatch := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc:  source.list,
		WatchFuncWithContext: source.watch,
	}, streaming{off: inf.set.options.ListOnly})
	return cache.NewReflectorWithOptions(listWatch, &object{}, g, cache.ReflectorOptions{
		Name:            inf.name,
		TypeDescription: inf.name,
	}), nil
}

// streaming tells client-go whether to ask for the initial state as a stream.
type streaming struct{ off bool }

// IsWatchListSemanticsUnSupported is how client-go asks.
func (s streaming) IsWatchListSemanticsUnSupported() bool { return s.off }

// source makes the requests of a reflector and notes how they go.
type source struct {
	generation *generation
	api        rest.Interface
	warnings   rest.WarningHandlerWithContext // nil: client-go's
}

func (s *source) list(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	list, err := s.request(&o).SetHeader("Accept", s.generation.layout.accept(partialList)).Do(ctx).Get()
	if err == nil {
		s.generation.worked()
	}
	return list, err
}

func (s *source) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	events, err := s.request(&o).Watch(ctx)
	switch {
	case err == nil:
		s.generation.worked()
	case ctx.Err() == nil && !expected(err, &o):
		s.generation.failed(err)
	}
	if o.SendInitialEvents != nil && utilnet.IsConnectionRefused(err) {
		// client-go would wait up to half a minute for its next attempt, also if
		// it is to stop meanwhile. It gives up what it does not recognise, and
		// our own waits end.
		return nil, errors.New(err.Error())
	}
	return events, err
}

// expected reports whether client-go will do otherwise without anybody's help:
// list again after the history that a watch needs is gone, list plainly where
// the API server refused a stream, which says what is the matter if that fails
// as well. When it is told to wait, it only tries again.
func expected(err error, o *metav1.ListOptions) bool {
	refused := apierrors.ReasonForError(err) != metav1.StatusReasonUnknown && !apierrors.IsTooManyRequests(err)
	return expired(err) || o.SendInitialEvents != nil && refused
}

func expired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

var versionV1 = schema.GroupVersion{Version: "v1"}

func (s *source) request(o *metav1.ListOptions) *rest.Request {
	return s.api.Get().WarningHandlerWithContext(s.warnings).
		Resource(s.generation.informer.resource.Resource).
		SpecificallyVersionedParams(o, metav1.ParameterCodec, versionV1)
}
