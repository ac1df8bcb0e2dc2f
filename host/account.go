// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/wasm-controller-manager/wcm/host/fence"
	"github.com/wasm-controller-manager/wcm/host/identity"
	"github.com/wasm-controller-manager/wcm/host/kube"
)

// account is what a plugin is to the API server: the name and the credentials
// of its requests and of its Events. The versions of a plugin share one as long
// as the operator's file names the same ServiceAccount.
type account struct {
	link   *kube.Link
	events *kube.Events
	source *identity.Source // nil: the credentials are the host's
	end    func()           // ends what runs

	all   *accounts
	users int // versions that have it; guarded by all.mu
}

// accounts are those of all plugins.
type accounts struct {
	host    *Host
	tokens  typedcorev1.CoreV1Interface // as the host, leader or not
	writes  typedcorev1.CoreV1Interface // as the host, behind the fence
	own     *kube.Link                  // with the host's credentials
	nobody  *kube.Link                  // without any; nil: plugins have the host's
	program string                      // the host's user agent

	mu   sync.Mutex
	open map[accountKey]*account // guarded by mu
}

type accountKey struct{ plugin, serviceAccount string }

// newAccounts connects for all plugins: their requests share a connection.
func newAccounts(h *Host, own, unfenced *kube.Link) (*accounts, error) {
	a := &accounts{
		host: h, own: own, program: cmp.Or(h.Config.UserAgent, component), open: map[accountKey]*account{},
	}
	if h.ServiceAccountNamespace == "" {
		return a, nil
	}
	var err error
	if a.nobody, err = kube.Connect(rest.AnonymousClientConfig(h.Config), h.Fence); err != nil {
		return nil, err
	}
	if a.tokens, err = unfenced.Core(h.requests); err != nil {
		return nil, err
	}
	a.writes, err = own.Core(h.requests)
	return a, err
}

// acquire returns the account of a plugin, which the caller releases.
func (a *accounts) acquire(p *plugin, serviceAccount string) (*account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := accountKey{p.name, cmp.Or(serviceAccount, p.name)}
	one := a.open[key]
	if one == nil {
		var err error
		if one, err = a.newAccount(p, key.serviceAccount); err != nil {
			return nil, err
		}
		a.open[key] = one
	}
	one.users++
	return one, nil
}

// release lets go of an account, and ends it if nobody else has it.
func (a *account) release() {
	a.all.mu.Lock()
	a.users--
	last := a.users == 0
	if last {
		maps.DeleteFunc(a.all.open, func(_ accountKey, other *account) bool { return other == a })
	}
	a.all.mu.Unlock()
	if last {
		a.end()
	}
}

func (a *accounts) newAccount(p *plugin, serviceAccount string) (_ *account, err error) {
	one := &account{all: a}
	name := a.program + " " + p.name
	if a.nobody == nil {
		one.link = a.own.As(name, nil)
	} else {
		logger := p.bounds.logger.With("plugin", p.name, "serviceAccount", a.host.ServiceAccountNamespace+"/"+serviceAccount)
		one.source = identity.NewSource(identity.Options{
			Namespace: a.host.ServiceAccountNamespace, Name: serviceAccount, Tokens: a.tokens, Accounts: a.writes,
			Requested: func(err error) { a.host.tokenRequested(logger, p, one, err) },
		})
		one.link = a.nobody.As(name, one.source.Transport)
	}
	if one.events, err = one.link.Events(p.bounds.requests); err != nil {
		return nil, err
	}
	one.end = func() {
		one.events.Close()
		if one.source != nil {
			one.source.Close()
		}
	}
	return one, nil
}

// problem says why the plugin's requests are not sent at present.
func (a *account) problem() error {
	if a == nil || a.source == nil {
		return nil
	}
	err := a.source.Problem()
	if errors.Is(err, fence.ErrNotLeader) { // a standby needs none
		return nil
	}
	return err
}

// tokenRequested says that a plugin gets no tokens, or gets them again.
func (h *Host) tokenRequested(logger *slog.Logger, p *plugin, of *account, err error) {
	if errors.Is(err, fence.ErrNotLeader) || errors.Is(err, identity.ErrClosed) {
		return
	}
	h.metrics.Plugin(p.name).TokenRequested(err == nil)
	before := of.problem()
	switch {
	case err != nil && before == nil:
		logger.Error("Plugin has no token", "error", err)
		h.event(true, "PluginHasNoToken", fmt.Sprintf("plugin %s: %v", p.name, err))
	case err == nil && before != nil:
		logger.Info("Plugin has a token again")
		h.event(false, "PluginHasToken", fmt.Sprintf("plugin %s: its requests are sent again", p.name))
	}
}
