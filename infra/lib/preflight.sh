# What is looked at before infra/up makes anything. Nothing here changes the account; all that is wrong is told together.
# shellcheck shell=bash disable=SC2154,SC2034

# A parameter of SSM: 4 KB, 8 KB as an advanced one.
standard_bytes=4096
advanced_bytes=8192

# What a deployment does, one action a line of the simulation.
deploying="cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet s3:CreateBucket s3:PutObject iam:CreateRole iam:PutRolePolicy
iam:PassRole iam:CreatePolicy iam:AttachRolePolicy iam:CreateInstanceProfile lambda:CreateFunction lambda:PublishVersion lambda:CreateAlias
lambda:AddPermission lambda:CreateFunctionUrlConfig dynamodb:CreateTable dynamodb:UpdateContinuousBackups sns:CreateTopic
sns:SetTopicAttributes sns:Subscribe sqs:CreateQueue ssm:PutParameter scheduler:CreateSchedule events:PutRule cloudwatch:PutMetricAlarm
logs:CreateLogGroup logs:PutMetricFilter"

# What was given, by its form alone; the address of the webhook is kept, for it may come from standard input.
look_at_words() {
    local setting key
    for setting in "${settings[@]}"; do
        key=${setting%%=*}
        if [[ ! $setting =~ ^[A-Za-z0-9]+= ]]; then
            problem "--set $setting is not KEY=VALUE"
        elif ! grep -qE "^ +\"?$key\"?:" <(sed -n '/^ *"*Parameters"*:/,/^ *"*\(Conditions\|Globals\|Resources\|Rules\|Metadata\)"*:/p' "$template"); then
            problem "--set $key: the template has no such parameter (docs/account.md lists them)"
        fi
    done
    [ -z "$email" ] || [[ $email =~ ^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$ ]] || problem "--email $email is no address"
    [ -n "$webhook" ] || return 0
    if ! (umask 077 && cat "$webhook" >"$kept/webhook") 2>/dev/null; then
        problem "the file $webhook cannot be read"
    elif ! grep -qE '^https://[^ ]+$' "$kept/webhook"; then
        problem "$webhook holds no address that begins with https://"
    fi
}

# The rules: sizes, and by the program whether they mean anything.
look_at_rules() {
    local part bytes
    for part in "${rules[@]}"; do
        [ -r "$part" ] || { problem "the rules $part cannot be read" && continue; }
        bytes=$(wc -c <"$part")
        [ "$bytes" -le "$advanced_bytes" ] || problem "the rules $part have $bytes bytes, and a parameter of SSM holds $advanced_bytes: cut them between two [[alarm]] into two files and give both (--rules A --rules B); parts are put together by their names"
        ! grep -qE '^\[\[(ladder|audience)\]\]' "$part" || ladder=no
    done
    if [ ${#rules[@]} -gt 0 ] && [ ${#problems[@]} -eq 0 ]; then
        cat "${rules[@]}" >"$kept/rules.toml"
        if ! command -v "$stormglass" >/dev/null; then
            say "the rules were not checked: stormglass is not on the PATH"
        elif ! "$stormglass" alarms check "$kept/rules.toml" >"$kept/said" 2>&1; then
            problem "the rules are at fault: $(sed "s|$kept/rules.toml|${rules[*]}|" "$kept/said" | tr '\n' ' ')"
        fi
    fi
}

# Whether the stack is there, and else whether something has its name already.
look_at_names() {
    stack=
    if ask cloudformation:DescribeStacks cloudformation describe-stacks --stack-name "$name" --query 'Stacks[0].StackStatus'; then
        stack=$answer
    fi
    case $stack in
    ROLLBACK_COMPLETE | *_FAILED) problem "the stack $name ended as $stack: see why in its events, then infra/down $name" ;;
    *_IN_PROGRESS) problem "the stack $name is $stack: wait until it is done" ;;
    esac
    local there=()
    ask dynamodb:DescribeTable dynamodb describe-table --table-name "$name" --query 'Table.TableName' && there+=("the table $name")
    ask lambda:GetFunctionConfiguration lambda get-function-configuration --function-name "$name" --query FunctionName && there+=("the function $name")
    ask sqs:GetQueueUrl sqs get-queue-url --queue-name "$name-dead-letters" && there+=("the queue $name-dead-letters")
    ask logs:DescribeLogGroups logs describe-log-groups --log-group-name-prefix "/aws/lambda/$name" --query "logGroups[?logGroupName=='/aws/lambda/$name'].logGroupName" &&
        [ -n "$answer" ] && there+=("the log group /aws/lambda/$name")
    ask scheduler:ListSchedules scheduler list-schedules --name-prefix "$name-" --query 'Schedules[].Name' && [ -n "$answer" ] && there+=("the schedules $answer")
    ask events:ListRules events list-rules --limit 1 --query 'Rules[].Name' || true
    ask cloudwatch:DescribeAlarms cloudwatch describe-alarms --alarm-name-prefix "$name-function" --query 'MetricAlarms[].AlarmName' || true
    ask ssm:GetParametersByPath ssm get-parameters-by-path --path "/$name" --recursive --query 'Parameters[].Name' || true
    if [ -z "$stack" ] && [ ${#there[@]} -gt 0 ]; then
        local each
        for each in "${there[@]}"; do problem "$each is there, and no stack $name: it is somebody else's, or was left. Choose another name, or remove it"; done
    fi
    ! grep -qE 'AWS::CodeDeploy|DeploymentPreference' "$template" || ask codedeploy:ListApplications codedeploy list-applications || true
}

# A topic without a subscriber takes every notice and tells nobody.
look_at_people() {
    local topic=
    [ -z "$email" ] || return 0
    if [ -n "$stack" ]; then
        topic=$(output OnCall)
        if ask sns:ListSubscriptionsByTopic sns list-subscriptions-by-topic --topic-arn "$topic" --query "Subscriptions[?SubscriptionArn!='PendingConfirmation'].Endpoint" && [ -n "$answer" ]; then return 0; fi
    fi
    [ -n "$nobody" ] || problem "nobody would be told: give --email ADDRESS, or --nobody-yet and subscribe to the topic $name-on-call afterwards"
}

# Asked of IAM's simulator, against any resource.
look_at_rights() {
    local arn=$principal refused
    [ -z "$sure" ] || return 0
    case $arn in
    *:root) return 0 ;;
    *:assumed-role/*) arn=$(sed -E 's,:sts:(.*):assumed-role/([^/]+)/.*,:iam:\1:role/\2,' <<<"$arn") ;;
    esac
    # shellcheck disable=SC2086
    if refused=$(aws --output text iam simulate-principal-policy --policy-source-arn "$arn" --action-names $deploying \
        --query "EvaluationResults[?EvalDecision!='allowed'].EvalActionName" 2>/dev/null); then
        refused=$(tr '\t\n' '  ' <<<"$refused" | sed 's/^ *//; s/ *$//; s/^None$//')
        [ -z "$refused" ] || problem "$principal may not do what a deployment does: $refused (asked of any resource; where your rights are narrower and enough, go on with --sure)"
    else
        say "whether $principal may deploy could not be asked (iam:SimulatePrincipalPolicy)"
    fi
}
