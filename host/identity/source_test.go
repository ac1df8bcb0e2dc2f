// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/wasm-controller-manager/wcm/host/fence"
)

// accounts are the ServiceAccounts of one namespace, as far as a source needs them.
type accounts struct {
	corev1client.ServiceAccountInterface

	mu       sync.Mutex
	exists   bool
	refusal  error // of tokens
	creation error // refusal of accounts
	silent   bool  // no answer to requests for tokens
	life     int64 // of tokens, in seconds
	tokens   int   // so far
	created  []string
}

func (a *accounts) ServiceAccounts(string) corev1client.ServiceAccountInterface { return a }

func (a *accounts) Create(_ context.Context, account *corev1.ServiceAccount, _ metav1.CreateOptions) (*corev1.ServiceAccount, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.creation != nil {
		return nil, a.creation
	}
	if a.exists {
		return nil, apierrors.NewAlreadyExists(corev1.Resource("serviceaccounts"), account.Name)
	}
	a.exists = true
	a.created = append(a.created, account.Namespace+"/"+account.Name)
	return account, nil
}

func (a *accounts) CreateToken(ctx context.Context, name string, r *authenticationv1.TokenRequest, _ metav1.CreateOptions) (*authenticationv1.TokenRequest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.silent {
		a.mu.Unlock()
		<-ctx.Done()
		a.mu.Lock()
		return nil, ctx.Err()
	}
	if a.refusal != nil {
		return nil, a.refusal
	}
	if !a.exists {
		return nil, apierrors.NewNotFound(corev1.Resource("serviceaccounts"), name)
	}
	a.tokens++
	answer := r.DeepCopy()
	answer.Spec.ExpirationSeconds = &a.life
	answer.Status.Token = fmt.Sprint("token-", a.tokens)
	return answer, nil
}

func (a *accounts) set(change func(*accounts)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

// user is a source and what it reports.
type user struct {
	*Source
	t       *testing.T
	results []error
}

func newUser(t *testing.T, a *accounts) *user {
	u := &user{t: t}
	u.Source = NewSource(Options{
		Namespace: "kube-system", Name: "web", Tokens: a, Accounts: a,
		Requested: func(err error) { u.results = append(u.results, err) },
	})
	t.Cleanup(u.Close)
	return u
}

// expect asks for a token.
func (u *user) expect(when, want string) {
	u.t.Helper()
	got, err := u.Token(u.t.Context())
	if got != want || (err == nil) != (want != "") {
		u.t.Errorf("%s: got token %q and error %v, want %q", when, got, err, want)
	}
	synctest.Wait() // what goes on in the background
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &accounts{life: 3600}
		u := newUser(t, a)
		if a.tokens > 0 || len(a.created) > 0 {
			t.Error("a source that nobody uses asks for a token")
		}
		u.expect("first", "token-1")
		if len(a.created) != 1 || a.created[0] != "kube-system/web" {
			t.Errorf("created: %v, want the account", a.created)
		}
		pass(40 * time.Minute)
		u.expect("after two thirds of its life", "token-1")
		if a.tokens != 1 {
			t.Errorf("tokens: got %d, want no other yet", a.tokens)
		}
		pass(9 * time.Minute)
		u.expect("after four fifths, while another is on its way", "token-1")
		u.expect("renewed", "token-2")
		pass(2 * time.Hour)
		u.expect("after nobody used it for long", "token-3")
		if len(u.results) != 3 || errors.Join(u.results...) != nil || u.Problem() != nil {
			t.Errorf("reported: %v and problem %v, want three successes", u.results, u.Problem())
		}
	})
}

func TestShortTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUser(t, &accounts{exists: true, life: 600})
		u.expect("first", "token-1")
		pass(10 * time.Minute)
		u.expect("after the life that the API server gave", "token-2")
	})
}

// TestOneRequestForAll has many that need a token at once.
func TestOneRequestForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &accounts{exists: true, life: 3600}
		u := newUser(t, a)
		var waiting sync.WaitGroup
		for range 50 {
			waiting.Go(func() { // ends with the one request
				if got, err := u.Token(t.Context()); got != "token-1" || err != nil {
					t.Errorf("Token: got %q and error %v, want token-1", got, err)
				}
			})
		}
		waiting.Wait()
		if a.tokens != 1 {
			t.Errorf("requests: got %d, want one", a.tokens)
		}
	})
}

// TestFailures has an API server that gives no tokens for a while.
func TestFailures(t *testing.T) {
	refused := apierrors.NewForbidden(corev1.Resource("serviceaccounts"), "web", errors.New("no"))
	synctest.Test(t, func(t *testing.T) {
		a := &accounts{exists: true, life: 3600, refusal: refused}
		u := newUser(t, a)
		u.expect("refused", "")
		problem, ok := errors.AsType[*TokenError](u.Problem())
		if want := "no token of ServiceAccount kube-system/web: "; !ok || problem.Error()[:len(want)] != want {
			t.Errorf("problem: got %v, want one that names the account", u.Problem())
		}
		for range 100 {
			u.expect("again at once", "")
		}
		if len(u.results) != 1 {
			t.Errorf("requests: got %d, want one: a failure is believed for a second", len(u.results))
		}
		a.set(func(a *accounts) { a.refusal = nil })
		pass(leastPause)
		u.expect("allowed", "token-1")
		if u.Problem() != nil {
			t.Errorf("problem: got %v, want none", u.Problem())
		}
		a.set(func(a *accounts) { a.refusal = refused })
		pass(50 * time.Minute)
		u.expect("not renewed, but good", "token-1")
		if u.Problem() == nil {
			t.Error("problem: got none, want that it is not renewed")
		}
		pass(10 * time.Minute)
		u.expect("expired", "")
	})
}

// TestStandby may request tokens, and may not create the account.
func TestStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &accounts{life: 3600, creation: fence.ErrNotLeader}
		u := newUser(t, a)
		if _, err := u.Token(t.Context()); !errors.Is(err, fence.ErrNotLeader) {
			t.Errorf("Token: got error %v, want %v", err, fence.ErrNotLeader)
		}
		synctest.Wait()
		a.set(func(a *accounts) { a.creation = nil })
		u.expect("elected, at once", "token-1")
	})
}

func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUser(t, &accounts{exists: true, silent: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := u.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Token: got error %v, want that of its context", err)
		}
		if _, err := u.Token(t.Context()); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Token: got error %v, want that there was no answer, which is no deadline of the caller", err)
		}
		waiting := make(chan error)
		pass(leastPause)
		go func() { // ends with Close
			_, err := u.Token(t.Context())
			waiting <- err
		}()
		synctest.Wait()
		u.Close()
		if err := <-waiting; !errors.Is(err, ErrClosed) {
			t.Errorf("Token during Close: got error %v, want %v", err, ErrClosed)
		}
		if _, err := u.Token(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("Token after Close: got error %v, want %v", err, ErrClosed)
		}
	})
}
