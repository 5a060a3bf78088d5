# What infra/up, infra/prove and infra/down share: how they speak, and how they ask AWS.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
script=$(basename "$0")
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export AWS_PAGER="" AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-3}
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT

say() { printf '%s: %s\n' "$script" "$*"; }
die() {
    printf '%s: %s\n' "$script" "$*" >&2
    exit 2
}

# Version 1 of the AWS CLI asks the old address of SQS unless told, also where AWS_ENDPOINT_URL names a stand-in.
aws() {
    case " $* " in
    *" sqs "*) command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@" ;;
    *) command aws "$@" ;;
    esac
}

# All that speaks against going on, told together.
problems=()
denied=()
problem() { problems+=("$*"); }
stop_at_problems() {
    if [ ${#denied[@]} -gt 0 ]; then
        problem "$principal may not ask what is there already (${denied[*]}): let an administrator run this, or grant these"
    fi
    [ ${#problems[@]} -gt 0 ] || return 0
    printf '%s: nothing was made, for:\n' "$script" >&2
    printf -- '- %s\n' "${problems[@]}" >&2
    exit 2
}

# ask ACTION COMMAND...: one call, its answer as text in $answer. 1: what was asked for is not there. Whatever else keeps it from
# being answered is a problem.
ask() {
    local action=$1 service=${1%%:*} said
    shift
    answer=
    if said=$(aws --output text --cli-connect-timeout 10 --cli-read-timeout 30 "$@" 2>"$kept/complaint"); then
        answer=$said
        return 0
    fi
    said=$(tr '\n' ' ' <"$kept/complaint")
    case $said in
    *NotFound* | *NonExistent* | *"does not exist"* | *"Not Found"* | *NoSuch*) return 1 ;;
    *"Could not connect to the endpoint"* | *"Name or service not known"*)
        problem "$service does not answer in the Region $region: it is not offered there, or the network is closed; try --region"
        ;;
    *AccessDenied* | *"not authorized"* | *Unauthorized* | *403*) denied+=("$action") ;;
    *) problem "$service: ${said# }" ;;
    esac
    return 1
}

# Whose account, which Region.
whoami_() {
    type -P aws >/dev/null || die "the AWS CLI is not installed: https://aws.amazon.com/cli/"
    region=${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}}
    [ -n "$region" ] || die "no Region: give --region, or set AWS_REGION"
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region
    local said
    said=$(aws --output text sts get-caller-identity --query '[Account,Arn]' 2>&1) ||
        die "AWS does not know who you are: $(printf %s "$said" | tr '\n' ' ')"
    read -r account principal <<<"$said"
    bucket=stormglass-$account-$region
}

# output NAME: of the stack.
output() {
    aws --output text cloudformation describe-stacks --stack-name "$name" --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}
