#!/bin/sh
# Harbour Freight & Sons, group scanners
#
# Enrols this computer for 802.1X by SCEP and keeps its certificate fresh. Needs certmonger, openssl, and curl or
# wget. Run it as root; run it again to enrol anew:
#
#     sh scanners.sh --challenge-file FILE
#
# --challenge-file FILE  take the challenge from the first line of FILE instead of this script
# --folder DIR           keep key and certificates there instead of /etc/onboard/scanners
# --session              use the certmonger of this login session (certmonger-session) instead of the system's
# --no-networks          leave the NetworkManager profiles beside this script alone
# NAME=VALUE             give a variable its value
#
# The URI names of the profile are not asked for: certmonger has no option for them.
set -eu
umask 077
export LC_ALL=C

# --- settings: one NAME='VALUE' in each line -------------------------------------------------------------------
organization='Harbour Freight & Sons'
group='scanners'
scep_url='http://enrol.harbour.example:8080/hf/scep/scanners'
root_sha256='d7c4bfac4ca84f5513eb3e413bf96f019dbb330e3165bdaa16c21a0cc66fb3f8'
challenge='${challenge}'
subject='CN=${device.serial},OU=scanners,L=Bremerhaven'
email=''
dns='${device.fqdn}'
key_bits='4096'
extended_key_usage='1.3.6.1.5.5.7.3.2'
folder='/etc/onboard/scanners'
# --- end of settings -------------------------------------------------------------------------------------------

say() { printf '%s: %s\n' "$group" "$*" >&2; }
stop() { say "$*"; exit 1; }
misused() { say "$*"; exit 64; }

given= challenge_file= session= networks=yes
while [ $# -gt 0 ]; do
    case $1 in
        --folder) [ $# -gt 1 ] || misused '--folder needs a value'; folder=$2; shift ;;
        --challenge-file) [ $# -gt 1 ] || misused '--challenge-file needs a value'; challenge_file=$2; shift ;;
        --session) session=yes ;;
        --no-networks) networks= ;;
        challenge=*) misused 'a challenge on the command line is seen by others; use --challenge-file' ;;
        user.*=* | device.*=*) given="$given
$1" ;;
        *) misused "'$1' is not understood; the head of this script says what is" ;;
    esac
    shift
done
case $folder in
    /*) ;;
    *) misused '--folder must be an absolute path' ;;
esac
case $folder in
    *[!A-Za-z0-9/._-]*) misused '--folder may hold letters, digits, / . _ - only' ;;
esac

# Sets `value` to the value of the variable $1, from the command line or from this computer.
value_of() {
    value=$(printf '%s\n' "$given" | sed -n "s/^$1=//p" | tail -n 1)
    if [ -z "$value" ]; then
        case $1 in
            device.name) value=$(uname -n); value=${value%%.*} ;;
            device.fqdn)
                value=$(hostname -f 2>/dev/null) || value=
                case $value in
                    *.*) ;;
                    *) value= ;;
                esac
                ;;
            device.serial) value=$(cat /sys/class/dmi/id/product_serial 2>/dev/null) || value= ;;
            device.id)
                # Made once: a computer keeps its id when it enrols anew.
                [ -s "$folder/device.id" ] || cat /proc/sys/kernel/random/uuid >"$folder/device.id"
                value=$(cat "$folder/device.id")
                ;;
        esac
    fi
    [ -n "$value" ] || stop "\${$1} has no value here: add $1=VALUE to the command line"
    case $value in
        *[[:cntrl:]]* | ' '* | *' ') stop "the value of $1 has a control character or a blank at an end" ;;
    esac
}

# Sets `filled` to $1 with each ${variable} filled in, its value escaped for $2: dn, keyfile or text.
fill() {
    filled= rest=$1
    while :; do
        case $rest in
            *'${'*'}'*) ;;
            *) break ;;
        esac
        filled=$filled${rest%%'${'*}
        rest=${rest#*'${'}
        value_of "${rest%%'}'*}"
        rest=${rest#*'}'}
        case $2 in
            dn) value=$(printf '%s' "$value" | sed -e 's/[,+"\\<>;=]/\\&/g' -e 's/^#/\\&/') ;;
            keyfile) value=$(printf '%s' "$value" | sed 's/\\/\\\\/g') ;;
        esac
        filled=$filled$value
    done
    filled=$filled$rest
}

for tool in getcert openssl; do
    command -v "$tool" >/dev/null 2>&1 || stop "$tool is missing: install certmonger and openssl"
done
command -v curl >/dev/null 2>&1 || command -v wget >/dev/null 2>&1 || stop 'install curl or wget'
if [ -n "$session" ]; then
    bus=--session owner=$(id -un)
else
    [ "$(id -u)" -eq 0 ] || stop 'run this as root, or with --session for yourself'
    bus=--system owner=root
fi
mkdir -p "$folder"

if [ -n "$challenge_file" ]; then
    [ -r "$challenge_file" ] || stop "$challenge_file cannot be read"
    IFS= read -r challenge <"$challenge_file" || [ -n "$challenge" ] || stop "$challenge_file is empty"
fi
case $challenge in
    '' | *'${'*'}'*) stop 'this group takes one-time challenges: get one, put it into a file, add --challenge-file FILE' ;;
esac
fill "$subject" dn; subject=$filled
fill "$email" text; email=$filled
fill "$dns" text; dns=$filled

# The pinned root, and for each network the roots of its RADIUS server.
cat >"$folder"/'root.pem' <<'END'
-----BEGIN CERTIFICATE-----
MIIB9jCCAXygAwIBAgIQJze5OjQ7tLcyECk3t7oQITAKBggqhkjOPQQDAzA7MRow
GAYDVQQDDBFOb3J0aHdpbmQgUm9vdCBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVu
aXZlcnNpdHkwHhcNMjYwMTAxMDAwMDAwWhcNNDUxMjI3MDAwMDAwWjA7MRowGAYD
VQQDDBFOb3J0aHdpbmQgUm9vdCBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVuaXZl
cnNpdHkwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAAS+VI5nnNcvy/kSGSqNIwkjo8Li
PKGknn0dH2PEVG9V0s88kkOJkxhtrQeZ8FKIXMQPjxg2RpyJLvCH1mTDDnTRP5/G
4HlyjS4FoE8mSQusKSRG0v54TsH4b/3iZlMHAF2jRTBDMBIGA1UdEwEB/wQIMAYB
Af8CAQEwDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBT8amynLrSkHJeepo9YZpQu
LpdFzjAKBggqhkjOPQQDAwNoADBlAjEAnRDWjuUowtVjLSsR4yfM70lqDkeNy6yM
ts42mHSWOEoEqwqSj2ZrJzWny4qrZU81AjBc3DTgi1JwMStIqlZQOT+yiPhlWn8q
cnMvXbLKwzsa4pCAuwVYbyJhIMQzRF3NjxE=
-----END CERTIFICATE-----
END
cat >"$folder"/'trust-warehouse.pem' <<'END'
-----BEGIN CERTIFICATE-----
MIIB9jCCAXygAwIBAgIQJze5OjQ7tLcyECk3t7oQITAKBggqhkjOPQQDAzA7MRow
GAYDVQQDDBFOb3J0aHdpbmQgUm9vdCBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVu
aXZlcnNpdHkwHhcNMjYwMTAxMDAwMDAwWhcNNDUxMjI3MDAwMDAwWjA7MRowGAYD
VQQDDBFOb3J0aHdpbmQgUm9vdCBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVuaXZl
cnNpdHkwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAAS+VI5nnNcvy/kSGSqNIwkjo8Li
PKGknn0dH2PEVG9V0s88kkOJkxhtrQeZ8FKIXMQPjxg2RpyJLvCH1mTDDnTRP5/G
4HlyjS4FoE8mSQusKSRG0v54TsH4b/3iZlMHAF2jRTBDMBIGA1UdEwEB/wQIMAYB
Af8CAQEwDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBT8amynLrSkHJeepo9YZpQu
LpdFzjAKBggqhkjOPQQDAwNoADBlAjEAnRDWjuUowtVjLSsR4yfM70lqDkeNy6yM
ts42mHSWOEoEqwqSj2ZrJzWny4qrZU81AjBc3DTgi1JwMStIqlZQOT+yiPhlWn8q
cnMvXbLKwzsa4pCAuwVYbyJhIMQzRF3NjxE=
-----END CERTIFICATE-----
END

# certmonger's helper for this CA. certmonger alone believes whatever GetCACert answers and would send the
# challenge to anyone; this helper passes on only what leads to the pinned root, at every renewal again.
cat >"$folder/scep-helper" <<'END'
#!/bin/sh
set -eu
umask 077
scep_url='http://enrol.harbour.example:8080/hf/scep/scanners'
root_sha256='d7c4bfac4ca84f5513eb3e413bf96f019dbb330e3165bdaa16c21a0cc66fb3f8'
folder=$(cd "$(dirname "$0")" && pwd)

# Exit codes of certmonger's helpers: 2 the CA is refused, 3 it cannot be reached and is tried again.
refuse() { printf '%s\n' "$*"; exit 2; }
retry() { printf '%s\n' "$*"; exit 3; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
roots=$folder/tls-roots.pem
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem \
    /etc/ssl/cert.pem /dev/null; do
    [ ! -e "$bundle" ] || break
done
cat "$bundle" "$folder/root.pem" >"$work/roots"
mv -f "$work/roots" "$roots"

if [ "${CERTMONGER_OPERATION:-}" != FETCH-SCEP-CA-CERTS ]; then
    for program in /usr/lib/certmonger/scep-submit /usr/libexec/certmonger/scep-submit; do
        [ ! -x "$program" ] || break
    done
    rm -rf "$work"
    exec "$program" -u "$scep_url" -R "$roots" "$@"
fi

# Only the pinned root counts: neither the system's store nor its folder may vouch for the server.
leads_to_root() {
    SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null openssl verify -no-CApath -CAfile "$folder/root.pem" \
        -untrusted "$work/all" "$1" >/dev/null 2>&1
}
says() { openssl x509 -in "$1" -noout -text | grep -q "$2"; }
subject() { openssl x509 -in "$1" -noout -subject -nameopt RFC2253; }

found=$(openssl x509 -in "$folder/root.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
[ "$found" = "$root_sha256" ] || refuse "the root certificate in $folder is not the pinned one"
request="$scep_url?operation=GetCACert"
if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --max-time 60 --cacert "$roots" --output "$work/answer" "$request" 2>&1 ||
        retry "$scep_url cannot be reached"
else
    wget --quiet --timeout=60 --ca-certificate="$roots" --output-document="$work/answer" "$request" 2>&1 ||
        retry "$scep_url cannot be reached"
fi
openssl pkcs7 -inform DER -in "$work/answer" -print_certs -out "$work/all" 2>/dev/null ||
    openssl x509 -inform DER -in "$work/answer" -out "$work/all" 2>/dev/null ||
    retry "$scep_url does not answer with certificates"
awk -v work="$work" '/^-----BEGIN CERTIFICATE-----/ { inside = 1; file = sprintf("%s/server-%03d", work, ++n) }
    inside { print > file } /^-----END CERTIFICATE-----/ { inside = 0; close(file) }' "$work/all"
ra=
for file in "$work"/server-*; do
    if leads_to_root "$file" && ! says "$file" CA:TRUE && says "$file" 'Key Encipherment'; then
        ra=$file
        break
    fi
done
[ -n "$ra" ] || refuse "the server at $scep_url does not belong to the pinned root $root_sha256"
# The RA, whom certmonger writes to; the certificate it checks replies with, which for OpenSSL must be a root;
# what lies between the two.
cat "$ra" "$folder/root.pem"
root=$(subject "$folder/root.pem")
for file in "$work"/server-*; do
    if leads_to_root "$file" && says "$file" CA:TRUE && [ "$(subject "$file")" != "$root" ]; then
        cat "$file"
    fi
done
END
chmod 0700 "$folder/scep-helper"

# Runs after each new certificate: a network that is up goes up again with it.
cat >"$folder/renewed" <<'END'
#!/bin/sh
command -v nmcli >/dev/null 2>&1 || exit 0
for uuid in '6d652d14-d4d5-5d80-b707-36d70eb0e059' ; do
    case $(nmcli --get-values GENERAL.STATE connection show uuid "$uuid" 2>/dev/null) in
        activated*) nmcli --wait 0 connection up uuid "$uuid" >/dev/null 2>&1 || : ;;
    esac
done
END
chmod 0700 "$folder/renewed"

if command -v selinuxenabled >/dev/null 2>&1 && selinuxenabled; then
    chcon -R -t cert_t "$folder"
    chcon -t certmonger_unconfined_exec_t "$folder/scep-helper" "$folder/renewed"
fi

say "asking $scep_url for its certificates"
answer=$(CERTMONGER_OPERATION=FETCH-SCEP-CA-CERTS "$folder/scep-helper") || stop "$answer"

ca=onboard-$group request=wifi-$group
getcert stop-tracking "$bus" -i "$request" >/dev/null 2>&1 || :
getcert remove-ca "$bus" -c "$ca" >/dev/null 2>&1 || :
getcert add-ca "$bus" -c "$ca" -e "$folder/scep-helper" >/dev/null || stop "certmonger does not take the CA $ca"
# certmonger asks the helper in the background; a request that comes before the answer fails for good.
waited=0
until getcert list-cas "$bus" -c "$ca" | grep -q 'SCEP CA certificate thumbprint'; do
    waited=$((waited + 1))
    [ "$waited" -le 60 ] || stop "certmonger has not read the certificates of the CA $ca within a minute"
    sleep 1
done

# By file: a command line is seen by everyone. Emptied afterwards, since a renewal needs no challenge; the line
# end stays, because certmonger stops at a file without a byte.
printf '%s\n' "$challenge" >"$folder/challenge"
trap 'echo >"$folder/challenge"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
set -- -c "$ca" -I "$request" -k "$folder/key.pem" -f "$folder/certificate.pem" -F "$folder/issuers.pem" \
    -N "$subject" -u digitalSignature -u keyEncipherment -l "$folder/challenge" \
    -G rsa -g "$key_bits" -o "$owner" -m 0600 -O "$owner" -M 0644 -C "$folder/renewed"
[ -z "$email" ] || set -- "$@" -E "$email"
[ -z "$dns" ] || set -- "$@" -D "$dns"
for usage in $extended_key_usage; do
    set -- "$@" -U "$usage"
done
say "enrolling as $subject"
getcert request "$bus" "$@" -w --wait-timeout 180 >/dev/null || :
case $(getcert list "$bus" -i "$request") in
    *'status: MONITORING'*) say "enrolled; certmonger renews $folder/certificate.pem by itself" ;;
    *)
        getcert list "$bus" -i "$request" | grep -E '^[[:space:]]*(status|ca-error):' >&2
        stop 'not enrolled'
        ;;
esac

[ -n "$networks" ] && [ -z "$session" ] && command -v nmcli >/dev/null 2>&1 || exit 0
# The networks come last: a profile that lies there before the certificate would fail at every attempt.
for profile in "$(dirname "$0")/$group"-*.nmconnection; do
    [ -r "$profile" ] || continue
    installed=/etc/NetworkManager/system-connections/$(basename "$profile")
    while IFS= read -r line; do
        fill "$line" keyfile
        printf '%s\n' "$filled"
    done <"$profile" >"$installed"
    nmcli connection load "$installed" >/dev/null || say "NetworkManager does not take $installed"
    say "network profile $installed installed"
done
