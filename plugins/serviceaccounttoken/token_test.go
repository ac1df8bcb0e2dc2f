// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package serviceaccounttoken

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
	"github.com/wasm-controller-manager/wcm/sdk/sdktest"
)

func TestMain(m *testing.M) {
	Register()
	m.Run()
}

const (
	account = `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"namespace":"ns","name":"robot","uid":"u1"},
		"secrets":[{"name":"other"},{"name":"robot-token"}]}`
	namesake = `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"namespace":"ns","name":"robot","uid":"u2"}}`
)

var (
	tokenKey   = sdk.Key{Namespace: "ns", Name: "robot-token"}
	accountKey = sdk.Key{Namespace: "ns", Name: "robot"}
)

// tokenSecret is a Secret of the account robot.
func tokenSecret(uid, data string) string {
	return `{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token",
		"metadata":{"namespace":"ns","name":"robot-token","annotations":{
			"kubernetes.io/service-account.name":"robot","kubernetes.io/service-account.uid":"` + uid + `","note":"mine"}},
		"data":{` + data + `}}`
}

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func newEnv(t *testing.T, objects ...any) *sdktest.Env {
	t.Helper()
	env := sdktest.New(t, objects...)
	if err := env.Configure(`{"rootCA":"PEM"}`); err != nil {
		t.Fatal(err)
	}
	settle(t, env)
	return env
}

func settle(t *testing.T, env *sdktest.Env) {
	t.Helper()
	if err := env.Settle(); err != nil {
		t.Fatal(err)
	}
}

// claims returns the claims of the token in a Secret.
func claims(t *testing.T, secret sdktest.Object) string {
	t.Helper()
	token, err := base64.StdEncoding.DecodeString(secret.Text("data.token"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(token), ".")
	if len(parts) != 3 {
		return string(token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const robotClaims = `{"iss":"kubernetes/serviceaccount",` +
	`"kubernetes.io/serviceaccount/namespace":"ns","kubernetes.io/serviceaccount/secret.name":"robot-token",` +
	`"kubernetes.io/serviceaccount/service-account.name":"robot","kubernetes.io/serviceaccount/service-account.uid":"u1",` +
	`"sub":"system:serviceaccount:ns:robot"}`

func TestFill(t *testing.T) {
	all := `"token":"` + encoded("T") + `","namespace":"` + encoded("ns") + `","ca.crt":"` + encoded("PEM") + `"`
	tests := map[string]struct {
		secret string
		token  string // claims, or the token itself
		ca, ns string
		writes int
	}{
		"Empty":        {tokenSecret("", ""), robotClaims, "PEM", "ns", 1},
		"WithUID":      {tokenSecret("u1", ""), robotClaims, "PEM", "ns", 1},
		"Complete":     {tokenSecret("u1", all), "T", "PEM", "ns", 0},
		"OtherCA":      {tokenSecret("u1", strings.Replace(all, encoded("PEM"), encoded("OLD"), 1)), "T", "PEM", "ns", 1},
		"OnlyToken":    {tokenSecret("u1", `"token":"`+encoded("T")+`"`), "T", "PEM", "ns", 1},
		"OtherType":    {strings.Replace(tokenSecret("", ""), tokenType, "Opaque", 1), "", "", "", 0},
		"BeingDeleted": {strings.Replace(tokenSecret("", ""), `"name":`, `"deletionTimestamp":"2030-01-01T00:00:00Z","finalizers":["x/y"],"name":`, 1), "", "", "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t, account, tt.secret)
			secret := env.Get("Secret", tokenKey)
			data, _ := secret.Field("data").(map[string]any)
			ca, _ := data["ca.crt"].(string)
			got := []string{claims(t, secret), ca, secret.Text("data.namespace")}
			want := []string{tt.token, encoded(tt.ca), encoded(tt.ns)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("token, ca.crt, namespace (-want +got):\n%s", diff)
			}
			if got := len(env.Writes()); got != tt.writes {
				t.Errorf("writes: got %d, want %d: %+v", got, tt.writes, env.Writes())
			}
			if tt.writes == 1 {
				annotations, _ := secret.Field("metadata.annotations").(map[string]any)
				if annotations["kubernetes.io/service-account.uid"] != "u1" || annotations["note"] != "mine" {
					t.Errorf("annotations: got %v, want the uid u1 added and the rest kept", annotations)
				}
			}
		})
	}
}

func TestWithoutRootCA(t *testing.T) {
	env := sdktest.New(t, account, tokenSecret("", `"ca.crt":"`+encoded("OLD")+`"`))
	settle(t, env)
	data, _ := env.Get("Secret", tokenKey).Field("data").(map[string]any)
	if data["ca.crt"] != encoded("OLD") || data["token"] == nil {
		t.Errorf("data: got %v, want a token and the ca.crt as it was", data)
	}
}

func TestDelete(t *testing.T) {
	tests := map[string]struct {
		objects []any
		change  func(env *sdktest.Env)
		gone    bool
	}{
		"NoAccount":      {[]any{tokenSecret("", "")}, nil, true},
		"OtherUID":       {[]any{namesake, tokenSecret("u1", "")}, nil, true},
		"AccountDeleted": {[]any{account, tokenSecret("", "")}, func(env *sdktest.Env) { env.Delete("ServiceAccount", accountKey) }, true},
		"AccountReplaced": {[]any{account, tokenSecret("", "")}, func(env *sdktest.Env) {
			env.Delete("ServiceAccount", accountKey)
			env.Add(namesake)
		}, true},
		"OtherAccountDeleted": {[]any{account, strings.Replace(account, "robot", "human", 1), tokenSecret("", "")}, func(env *sdktest.Env) {
			env.Delete("ServiceAccount", sdk.Key{Namespace: "ns", Name: "human"})
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t, tt.objects...)
			if tt.change != nil {
				if env.Get("Secret", tokenKey) == nil {
					t.Fatal("the Secret is gone before its account is")
				}
				tt.change(env)
				settle(t, env)
			}
			if gone := env.Get("Secret", tokenKey) == nil; gone != tt.gone {
				t.Errorf("Secret is gone: got %v, want %v", gone, tt.gone)
			}
		})
	}
}

func TestReference(t *testing.T) {
	tests := map[string]struct {
		secret string
		again  bool
		want   string
	}{
		"Token":      {tokenSecret("", ""), false, "[map[name:other]]"},
		"CameBack":   {tokenSecret("", ""), true, "[map[name:other] map[name:robot-token]]"},
		"OtherType":  {strings.Replace(tokenSecret("", ""), tokenType, "Opaque", 1), false, "[map[name:other] map[name:robot-token]]"},
		"OtherOwner": {strings.Replace(tokenSecret("", ""), `.name":"robot"`, `.name":"human"`, 1), false, "[map[name:other] map[name:robot-token]]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t, account, strings.Replace(account, "robot", "human", 1), tt.secret)
			env.Delete("Secret", tokenKey)
			if tt.again {
				env.Add(tt.secret)
			}
			settle(t, env)
			if got := env.Get("ServiceAccount", accountKey).Text("secrets"); got != tt.want {
				t.Errorf("secrets of the account: got %s, want %s", got, tt.want)
			}
		})
	}
}
